import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// One ranking of all units over the model, the least important first.
///
/// Scores of different blocks and kinds are compared as they are, unless they are normalised.
struct Global: RankedAllocation {
  static let name = "global"
  static let summary = "One ranking over the whole model: some blocks may lose more than others."

  static let reference: Reference? = Reference(
    formula: """
      normalise = standard:  (s - mean(s)) / deviation(s)
      normalise = mean, max: s / |mean(s)|, s / max |s|
      normalise = parameters: s / parameters of a unit

      s: the scores of one block's units
      """,
    papers: [.flap.part("section 3.3")],
    differences: [
      "Only `standard` is from the paper; the others are ours."
    ]
  )

  /// What the scores of one block's units are divided by before they are compared.
  enum Normalisation: String, Choice {
    /// Nothing.
    case none
    /// They are standardised: less their mean, divided by their standard deviation.
    ///
    /// Source: An et al., FLAP, 2023, arXiv 2312.11983, section 3.3.
    case standard
    /// Their mean.
    case mean
    /// The largest.
    case max
    /// The parameters of a unit, so that importance is counted for each parameter.
    case parameters
  }

  /// What the scores of one block's units are divided by.
  var normalise = Normalisation.none

  static let parameters = [
    Parameter<Global>(
      "normalise",
      \.normalise,
      help: "what the scores of a block's units are divided by before blocks are compared"
    )
  ]

  /// The steps in order of score; where scores are equal, in order of the blocks.
  func moves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]] {
    var steps: [(score: Double, ranking: Int, number: Int)] = []
    for (index, ranking) in rankings.enumerated() where ranking.stepCount > 0 {
      let (center, scale) = try normaliser(of: ranking)
      for number in 0..<ranking.stepCount {
        let score = ranking.score(ofStep: number)
        // What is indispensable stays so, whatever it is divided by.
        let normalised = score.isFinite ? (score - center) / scale : score
        steps.append((normalised, index, number))
      }
    }
    steps.sort { ($0.score, $0.ranking, $0.number) < ($1.score, $1.ranking, $1.number) }
    return steps.map { [$0.ranking] }
  }

  private func normaliser(of ranking: Ranking) throws(BudgetError) -> (Double, Double) {
    let values = ranking.values.filter(\.isFinite)
    let mean = values.reduce(0, +) / Double(Swift.max(1, values.count))
    let scale: Double
    switch normalise {
    case .none: return (0, 1)
    case .parameters: return (0, Double(ranking.units.parameterCount))
    case .mean: scale = abs(mean)
    case .max: scale = values.map { abs($0) }.max() ?? 1
    case .standard:
      guard ranking.units.count > 1 else {
        throw BudgetError(
          "`normalise = standard` compares the units of a block, but each has only one "
            + "`\(ranking.units.kind)`"
        )
      }
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      scale = (squares / Double(Swift.max(1, values.count - 1))).squareRoot()
    }
    // Where all scores are equal there is nothing to scale.
    return (normalise == .standard ? mean : 0, scale > 0 ? scale : 1)
  }
}
