public import BillhookModels
public import BillhookTorch

/// Adjusts what stays, so that it makes up for what goes.
public protocol Repair: Plugin {
  /// What is measured on the model before the cut.
  var evidence: [any Evidence] { get }

  /// The units whose removal it can make up for.
  var granularities: Set<UnitGranularity> { get }

  /// What becomes of a projection that loses inputs.
  ///
  /// - Parameters:
  ///   - cut: The projection and what it loses.
  ///   - statistics: The evidence for its block, from before the cut.
  /// - Returns: New values of the weight, or what its bias has to add, or both.
  /// - Throws: Anything; the run ends with it, and names the repair.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection
}

extension Repair {
  /// Repairs are named after `repair`.
  public static var kind: PluginKind { .repair }
}

/// A projection that loses some of its inputs.
public struct ProjectionCut {
  /// `output` of an attention or `down` of an MLP.
  public let role: WeightRole
  /// The projection before the cut, `[out, in]` in f32.
  public let weight: Tensor
  /// The columns that go.
  public let columns: [Int]

  /// Describes a projection that loses columns.
  public init(role: WeightRole, weight: Tensor, columns: [Int]) {
    self.role = role
    self.weight = weight
    self.columns = columns
  }

  /// The columns that stay, in their order.
  public var kept: [Int] {
    let gone = Set(columns)
    return (weight.shape.last.map { 0..<$0 } ?? 0..<0).filter { !gone.contains($0) }
  }
}

/// What becomes of a projection that lost inputs.
public struct RepairedProjection {
  /// New values in the shape from before the cut, `[out, in]`; nil where what stays is left as it is.
  ///
  /// The values in the columns that go do not matter.
  public var weight: Tensor?
  /// What is added to the projection's bias, `[out]`; nil for nothing.
  public var addedBias: Tensor?

  /// No change, unless said otherwise.
  public init(weight: Tensor? = nil, addedBias: Tensor? = nil) {
    self.weight = weight
    self.addedBias = addedBias
  }
}
