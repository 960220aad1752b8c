public import BillhookModels
public import BillhookTorch

/// Improves masks of single weights: some that went come back, in exchange for as many others.
///
/// What it measures says when it is asked. Evidence of what runs through blocks is gathered in the pass
/// that chooses the masks. Gradients make a second pass, after all masks are known: they are those of the
/// mean squared difference between what an attention, or an MLP, gives with masks and what it gives
/// without, for the same input; a window of the data is a sample, and an attention or MLP comes after
/// all before it were refined.
public protocol Refiner: Plugin {
  /// What is measured.
  var evidence: [any Evidence] { get }

  /// The values among which weights are exchanged: as many of each group go as come back.
  ///
  /// `row`, `column`, `matrix` or `module`.
  var group: ComparisonGroup { get }

  /// Why it cannot refine such masks; nil where it can.
  func obstacle(to unit: any SparseUnit) -> String?

  /// Better masks.
  ///
  /// - Parameters:
  ///   - projections: The projections that lost weights: those of a block, or of its attention or MLP
  ///     where gradients are measured.
  ///   - statistics: The evidence for them.
  /// - Returns: Which weights stay, `[out, in]` in bool, of the projections that it changes.
  /// - Throws: Anything; the run ends with it, and names the refiner.
  func refined(
    _ projections: [MaskedProjection],
    _ statistics: Statistics
  ) throws -> [WeightRole: Tensor]
}

extension Refiner {
  /// Refiners are named after `refine`.
  public static var kind: PluginKind { .refiner }

  /// It can.
  public func obstacle(to unit: any SparseUnit) -> String? { nil }

  /// Whether it needs a pass of its own, beside the model before it was masked.
  package var needsOwnPass: Bool { evidence.contains { $0 is any GradientEvidence } }
}

/// A projection that lost single weights, some of which may come back.
public struct MaskedProjection {
  /// Which projection it is.
  public let id: WeightID
  /// The projection before it lost them, `[out, in]` in f32.
  public let weight: Tensor
  /// What stays, `[out, in]` in bool.
  public let mask: Tensor
  /// What can stay at all, `[out, in]` in bool; nil for everything.
  ///
  /// What an earlier pruning took stays gone.
  public let open: Tensor?
  /// The pattern that the mask has; nil for none.
  public let pattern: SparsityPattern?
  private let value: (() throws -> Tensor)?

  /// A projection with a mask.
  ///
  /// - Parameters:
  ///   - id: Which projection it is.
  ///   - weight: The projection before it lost weights, `[out, in]` in f32.
  ///   - mask: What stays, `[out, in]` in bool.
  ///   - open: What can stay at all; nil for everything.
  ///   - pattern: The pattern that the mask has; nil for none.
  ///   - values: Gives the importance by which the mask was chosen, `[out, in]`; nil where that is no
  ///     longer known.
  public init(
    id: WeightID,
    weight: Tensor,
    mask: Tensor,
    open: Tensor? = nil,
    pattern: SparsityPattern? = nil,
    values: (() throws -> Tensor)? = nil
  ) {
    self.id = id
    self.weight = weight
    self.mask = mask
    self.open = open
    self.pattern = pattern
    value = values
  }

  /// What went and may come back, `[out, in]` in bool.
  public var gone: Tensor {
    get throws {
      let gone = try .!mask
      return try open.map { try gone .& $0 } ?? gone
    }
  }

  /// The importance of each weight by which the mask was chosen, `[out, in]`.
  ///
  /// - Throws: `DataError` for a refiner with a pass of its own, where it is no longer known.
  public func values() throws -> Tensor {
    guard let value else {
      throw DataError(
        "\(id): the values that the mask was chosen by are known only while it is chosen"
      )
    }
    return try value()
  }
}
