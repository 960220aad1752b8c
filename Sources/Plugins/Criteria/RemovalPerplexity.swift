import BillhookCore

/// The perplexity of the calibration data without the unit: the lower, the less it is missed.
///
/// One pass over the data for each unit, so it is not for channels, of which a model has hundreds of
/// thousands. With `rescore every 1` it is SLEB (Song et al., 2024, arXiv 2402.09025).
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834.
struct RemovalPerplexity: DirectCriterion {
  static let name = "ppl"
  static let summary = "The perplexity of the model without the unit, on calibration data."

  private var losses: RemovalLosses { RemovalLosses() }

  var evidence: [any Evidence] { [losses] }

  var scale: ScoreScale { .loss }

  var granularities: Set<UnitGranularity> { [.block, .attention, .mlp, .heads] }

  /// The mean token loss without each unit, in nats; its exponential is the perplexity.
  func scores(of units: [PrunableUnit], _ findings: Findings) throws -> [Double] {
    try findings.results(of: losses).map(\.mean)
  }
}
