import BillhookCore

/// How far a block, or a sub-layer, turns the hidden states: one less the mean cosine between what
/// enters and what leaves, over all tokens.
///
/// What leaves the last block is taken in front of the final norm. Source: Men et al., ShortGPT,
/// 2024, arXiv 2403.03853, equation 1.
struct BlockInfluence: DirectCriterion {
  static let name = "block_influence"
  static let summary = "How far a block or sub-layer turns the hidden states (ShortGPT)."

  private var similarity: BlockSimilarity { BlockSimilarity() }

  var evidence: [any Evidence] { [similarity] }

  var granularities: Set<UnitGranularity> { [.block, .attention, .mlp] }

  /// 1 - mean cosine around each unit.
  func scores(of units: [PrunableUnit], _ findings: Findings) throws -> [Double] {
    try units.map { unit in
      1 - (try findings.result(of: similarity, inBlock: unit.block).mean(around: unit.granularity))
    }
  }
}
