import BillhookCore

/// The perplexity of the calibration data without the unit: the lower, the less it is missed.
///
/// One pass over the data for each unit, so it is not for channels, of which a model has hundreds of
/// thousands. With `rescore every 1` it is SLEB (Song et al., 2024, arXiv 2402.09025).
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834.
struct RemovalPerplexity: DirectCriterion {
  static let name = "ppl"
  static let summary = "The perplexity of the model without the unit, on calibration data."

  static let reference: Reference? = Reference(
    formula: """
      S = exp(mean over tokens of -log p(token | tokens before))

      p: the probabilities of the model without the unit
      """,
    papers: [.shortenedLLaMA, .sleb],
    differences: [
      "Shortened LLaMA scores once. SLEB scores again after each block that goes: `rescore "
        + "every 1`.",
      "The published runs of Shortened LLaMA keep the first four and the last two blocks "
        + "with this criterion as well: `ppl+`. SLEB's code keeps one at each end: `keep "
        + "first 1 last 1`.",
    ]
  )

  private var losses: RemovalLosses { RemovalLosses() }

  var evidence: [any Evidence] { [losses] }

  var scale: ScoreScale { .loss }

  var granularities: Set<UnitGranularity> { [.block, .attention, .mlp, .heads] }

  /// The mean token loss without each unit, in nats; its exponential is the perplexity.
  func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
    try statistics.results(of: losses).map(\.mean)
  }
}
