import BillhookCore

/// How much of its output a block, an attention or an MLP adds itself.
///
/// Source: Samragh et al., Weight Subcloning, 2023, arXiv 2312.09299.
struct RelativeMagnitude: DirectCriterion {
  static let name = "relative_magnitude"
  static let summary = "How much of its output a block or a sub-layer adds itself."

  let evidence: [any Evidence] = [AddedShare()]
  let granularities: Set<UnitGranularity> = [.block, .attention, .mlp]

  /// ‖f(x)‖ / ‖x + f(x)‖ around each unit.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    try units.map { unit in
      try statistics.result(of: AddedShare(), inBlock: unit.block)[unit.granularity] ?? .nan
    }
  }
}
