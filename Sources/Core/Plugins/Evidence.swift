public import BillhookEngine
public import BillhookModels

/// Something measured on a model and its calibration data before units are scored.
///
/// What is observed in parts, over batches, and later over resumed runs and several machines, is
/// merged, then finished. Equal requests, by `signature`, are gathered once. The protocols
/// that refine this one say where it is observed.
public protocol Evidence: Plugin {
  /// What one observation leaves behind: named tensors, so that it can be written down and sent.
  associatedtype Partial: TensorBundle
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

  /// Takes in the gradients that one batch gave of one block's weights, or of some of them; for the
  /// others it is called again, so that not all are in memory at once.
  func observe(_ gradients: BlockGradients) throws -> Partial
}

/// Evidence from the loss of the model with one unit switched off; finished unit by unit.
public protocol RemovalEvidence: Evidence {
  /// Takes in the loss that one batch gave without one unit.
  func observe(_ loss: TokenLoss) throws -> Partial
}

/// Evidence from what runs through a block; finished block by block, then let go.
public protocol ActivationEvidence: Evidence {
  /// Takes in what one batch is inside one block.
  func observe(_ activations: BlockActivations) throws -> Partial

  /// The bytes that its result for one block takes for each window of data, which criteria of units
  /// are shown for all blocks together; 0 for what is as large however much data there is.
  func bytesPerWindow(of model: LanguageModel) -> Int

  /// The most memory that it takes for one block, by what observations leave behind and what is made
  /// of it.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - model: The model that it belongs to.
  ///   - roles: The projections whose inputs are shown.
  /// - Returns: The bytes; 0 for what is small beside the block.
  func bytes(for block: BlockShape, of model: LanguageModel, showing roles: Set<WeightRole>) -> Int
}

extension ActivationEvidence {
  /// None: sums over windows.
  public func bytesPerWindow(of model: LanguageModel) -> Int { 0 }

  /// Little.
  public func bytes(
    for block: BlockShape,
    of model: LanguageModel,
    showing roles: Set<WeightRole>
  ) -> Int { 0 }
}

extension [any Evidence] {
  /// The most bytes that all of it takes for one block of a model.
  package func bytesPerBlock(
    of model: LanguageModel,
    showing roles: Set<WeightRole> = WeightRole.projections
  ) -> Int {
    let shown = distinct.compactMap { $0 as? any ActivationEvidence }
    let blocks = model.blocks.map { block in
      shown.reduce(0) { $0 + $1.bytes(for: block, of: model, showing: roles) }
    }
    return blocks.max() ?? 0
  }
}
