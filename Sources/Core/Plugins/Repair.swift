public import BillhookModels
public import BillhookTorch

/// Adjusts what stays, so that it makes up for what goes.
public protocol Repair: Plugin {
  /// What is measured on the model before the cut.
  var evidence: [any Evidence] { get }

  /// The units whose removal it can make up for.
  var granularities: Set<UnitGranularity> { get }

  /// What a projection that loses inputs has to add instead.
  ///
  /// - Parameters:
  ///   - cut: The projection and what it loses.
  ///   - findings: The evidence for its block, from before the cut.
  /// - Returns: What is added to the projection's bias: `[out]`.
  /// - Throws: Anything; the run ends with it, and names the repair.
  func bias(for cut: ProjectionCut, _ findings: Findings) throws -> Tensor
}

extension Repair {
  /// Repairs stand behind `repair`.
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
}
