public import BillhookModels

/// Something measured on a model and its calibration data before units are scored.
///
/// What is observed in parts, over batches, and later over resumed runs and several machines, is
/// merged, then finished once. Equal requests, by `signature`, are gathered once. The protocols
/// that refine this one say where it is observed.
public protocol Evidence: Plugin {
  /// What one observation leaves behind.
  associatedtype Partial
  /// What criteria work with.
  associatedtype Result

  /// Joins what two disjoint sets of observations left behind; the order must not matter.
  func merge(_ one: Partial, _ other: Partial) throws -> Partial

  /// Turns what all observations left behind into the result.
  func finish(_ partial: Partial) throws -> Result
}

extension Evidence {
  /// Evidence is declared by criteria.
  public static var kind: PluginKind { .evidence }
}

/// Evidence from the gradients of a block's weights; finished block by block, then let go.
public protocol GradientEvidence: Evidence {
  /// Whether every sample's own gradient is needed, not only sums over several.
  var needsSamples: Bool { get }

  /// Takes in the gradients that one batch gave in one block.
  func observe(_ gradients: BlockGradients) throws -> Partial
}

/// The gradients of one block's weights that come from one batch of the calibration set.
public struct BlockGradients {
  /// The gradients of the mean token loss of the batch, by role, shaped like the weights, in f32.
  public let gradients: LentWeights
  /// The batch's share of the calibration set's predicted tokens.
  public let tokenShare: Double
  /// The batch's share of the calibration set's samples.
  public let sampleShare: Double
}

/// Evidence from the loss of the model with one unit switched off; finished unit by unit.
public protocol RemovalEvidence: Evidence {
  /// Takes in the loss that one batch gave without one unit.
  func observe(_ loss: TokenLoss) throws -> Partial
}
