import BillhookCore

/// The angle between the hidden states before and after neighbouring blocks, in parts of π, for the
/// last token of each window.
///
/// The span with the smallest angle goes as a whole, unless `together = false`: then the blocks with
/// the smallest angles of their own. Source: Gromov et al., The Unreasonable Ineffectiveness of the
/// Deeper Layers, 2024, arXiv 2403.17887, section 3.
struct AngularDistance: SpanCriterion {
  static let name = "angular_distance"
  static let summary = "The angle between the states around neighbouring blocks, which go together."

  static let reference: Reference? = Reference(
    formula: """
      d(l, n) = mean over windows of arccos(cos(h_l, h_(l+n))) / π

      h_l: hidden state of a window's last token before block l
      The span of n blocks with the least d(l, n) goes.
      """,
    papers: [.deeperLayers.part("section 3, equation 8")],
    differences: [
      "The paper removes neighbours. `together = false` ranks blocks by d(l, 1) instead, "
        + "each for itself.",
      "PruneMe, a widely used implementation, never considers a span that begins at block "
        + "0, and loads the model in 4 bits. Here every span is considered that `keep` "
        + "allows, in the arithmetic of the recipe.",
    ]
  )

  /// Whether all blocks that go are neighbours.
  var together = true

  static let parameters = [
    Parameter<AngularDistance>(
      "together",
      \.together,
      help: "remove neighbours, the span with the smallest angle"
    )
  ]

  private var distances: AngularDistances { AngularDistances() }

  var evidence: [any Evidence] { [distances] }

  var granularities: Set<UnitGranularity> { [.block] }

  var isTogether: Bool { together }

  /// The angle around each block alone.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    try spanScores(of: units, statistics).map { $0.first ?? 0 }
  }

  /// The angles between the states before a block and after it or a later one.
  func spanScores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [[Double]] {
    let distances = try statistics.result(of: distances)
    return units.indices.map { start in Array(distances[start][(start + 1)...]) }
  }
}
