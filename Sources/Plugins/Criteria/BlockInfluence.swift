import BillhookCore

/// How far a block, or a sub-layer, turns the hidden states: one less the mean cosine between what
/// enters and what leaves, over all tokens.
///
/// What leaves the last block is taken before the final norm. Source: Men et al., ShortGPT, 2024,
/// arXiv 2403.03853, equation 1.
struct BlockInfluence: DirectCriterion {
  static let name = "block_influence"
  static let summary = "How far a block or sub-layer turns the hidden states (ShortGPT)."

  static let reference: Reference? = Reference(
    formula: """
      S = 1 - mean over tokens of cos(h_in, h_out)

      h_in, h_out: hidden states before and after the unit
      """,
    papers: [.shortGPT.part("equation 1")],
    differences: [
      "The paper scores blocks. Attention and MLP are scored here by the same formula, "
        + "each with its residual connection.",
      "Implementations that read the list of hidden states of transformers take what "
        + "leaves the last block after the final norm, which is no influence of that block. "
        + "Here it is taken before the norm.",
    ]
  )

  private var similarity: BlockSimilarity { BlockSimilarity() }

  var evidence: [any Evidence] { [similarity] }

  var granularities: Set<UnitGranularity> { [.block, .attention, .mlp] }

  /// 1 - mean cosine around each unit.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    try units.map { unit in
      1
        - (try statistics.result(of: similarity, inBlock: unit.block).mean(around: unit.granularity))
    }
  }
}
