import BillhookCore

/// The size of the weights: the sum of |w|^p over a unit's projections and norms.
///
/// Nothing is divided by the number of weights. Source: Kim et al., Shortened LLaMA, 2024,
/// arXiv 2402.02834, with the norm weights that the authors' code adds.
struct Magnitude: SaliencyCriterion {
  static let name = "magnitude"
  static let summary = "The sum of |w|^p over the weights of a unit; needs no data."

  static let reference: Reference? = Reference(
    formula: """
      S = Σ |w|^p

      w: the weights of the unit's projections and norms; no biases
      """,
    papers: [.shortenedLLaMA],
    differences: [
      "The paper speaks of linear weights; the authors' code adds the weights of the "
        + "norms. Here they count.",
      "The code can reduce by sum, mean, max or product, inside a matrix and over "
        + "matrices; `inside` and `over` choose these. Nothing is divided by the number of "
        + "weights unless a mean is asked for.",
    ]
  )

  /// The power.
  var p = 1
  /// How the rows of a matrix become one number.
  var inside = SaliencyReduction.Method.sum
  /// How the weights of a unit become one number.
  var over = SaliencyReduction.Method.sum

  static let parameters = [
    Parameter<Magnitude>("p", \.p, in: 1...2, help: "the power that weights are raised to"),
    Parameter("inside", \.inside, help: "how the row sums of a matrix become one number"),
    Parameter("over", \.over, help: "how the numbers of a unit's weights become one"),
  ]

  var reduction: SaliencyReduction { SaliencyReduction(inside: inside, over: over) }

  /// |w|^p.
  func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    try p == 1 ? weight.abs() : weight.pow(2)
  }
}
