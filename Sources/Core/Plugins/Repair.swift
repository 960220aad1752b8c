public import BillhookTorch

/// Adjusts what stays, so that it makes up for what goes.
public protocol Repair: Plugin {
  /// What is measured on the model before the cut.
  var evidence: [any Evidence] { get }

  /// The units whose removal it can make up for.
  var granularities: Set<UnitGranularity> { get }

  /// Whether it may add to biases, so that projections without one get one; true by default.
  var addsBiases: Bool { get }

  /// The number of columns after which the mask of single weights may be chosen anew, from the
  /// weights as they stand; nil where it has to be whole beforehand.
  var slab: Int? { get }

  /// The work of one projection.
  ///
  /// - Parameters:
  ///   - rows: The number of outputs.
  ///   - columns: The number of inputs.
  ///   - share: The share of weights that go, from 0 to 1.
  /// - Returns: The floating-point operations, about; 0 for few.
  func operations(rows: Int, columns: Int, removing share: Double) -> Double

  /// The memory of one projection, beside what was measured and two copies of the projection.
  ///
  /// - Parameters:
  ///   - rows: The number of outputs.
  ///   - columns: The number of inputs.
  ///   - share: The share of weights that go, from 0 to 1.
  /// - Returns: The bytes, about; 0 for few.
  func bytes(rows: Int, columns: Int, removing share: Double) -> Int

  /// What becomes of a projection that loses inputs, or single weights.
  ///
  /// - Parameters:
  ///   - cut: The projection and what it loses; the weights and masks that it shows have to stay as they
  ///     are.
  ///   - statistics: The evidence for its block, from before the cut.
  /// - Returns: New values of the weight, or what its bias has to add, or both.
  /// - Throws: Anything; the run ends with it, and names the repair.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection
}

extension Repair {
  /// Repairs are named after `repair`.
  public static var kind: PluginKind { .repair }

  /// It may.
  public var addsBiases: Bool { true }

  /// Few.
  public func operations(rows: Int, columns: Int, removing share: Double) -> Double { 0 }

  /// Few.
  public func bytes(rows: Int, columns: Int, removing share: Double) -> Int { 0 }

  /// The mask has to be whole.
  public var slab: Int? { nil }
}

/// What becomes of a projection that lost inputs, or single weights.
public struct RepairedProjection {
  /// New values in the shape from before the cut, `[out, in]`; nil where what stays is left as it is.
  ///
  /// The values in what goes do not matter.
  public var weight: Tensor?
  /// What is added to the projection's bias, `[out]`; nil for nothing, and where the repair says that it
  /// adds none.
  public var addedBias: Tensor?

  /// No change, unless said otherwise.
  public init(weight: Tensor? = nil, addedBias: Tensor? = nil) {
    self.weight = weight
    self.addedBias = addedBias
  }
}
