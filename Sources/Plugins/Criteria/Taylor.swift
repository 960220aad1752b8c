import BillhookCore

/// How much the loss would change without a weight, estimated from its derivatives, summed over a
/// unit's projections and norms.
///
/// g is the gradient of the mean token loss over the calibration set, whatever the batches, so
/// samples that pull a weight in opposite directions cancel. `aggregate = sum_abs` adds up
/// |g_n·w| over the samples n instead, and divides by their number. F is the diagonal of the
/// empirical Fisher information, the mean over samples of g_n², which stands for the second
/// derivative.
/// Sources: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, and its authors' code for the first
/// order; Ma et al., LLM-Pruner, 2023, arXiv 2305.11627, equations 3 to 5, and its authors' code for
/// the other orders (where the second leaves out the factor ½) and for vectors.
struct Taylor: SaliencyCriterion {
  static let name = "taylor"
  static let summary = "The sum of |gradient · weight| over the weights of a unit."

  static let reference: Reference? = Reference(
    formula: """
      S = Σ over w of |g·w|                    order = first
      S = Σ over w of |w²·F|                   order = second
      S = Σ over w of |g·w - ½·w²·F|           order = mixed

      w: the weights of the unit's projections and norms
      g: gradient of the mean token loss over the calibration set
      F: mean over samples of g_n², the diagonal of the empirical Fisher matrix
      reduce = vector: the sum of a row or column before the sign is dropped
      """,
    papers: [.shortenedLLaMA, .llmPruner.part("equations 3 to 5")],
    differences: [
      "The code of Shortened LLaMA adds up the samples' g·w before the sign is dropped, "
        + "so that samples cancel; so does `aggregate = abs_sum`. With `sum_abs` each "
        + "sample's sign is dropped.",
      "The second order has a factor ½ in LLM-Pruner's paper and none in its code. Here "
        + "`second` has none, which changes no order, and `mixed` has it.",
      "With grouped queries LLM-Pruner's code adds up the scores of other query heads "
        + "than it cuts. Here score and cut are of the same heads.",
    ]
  )

  /// Which terms of the series count.
  enum Order: String, Choice {
    /// |g·w|.
    case first
    /// |w²·F|.
    case second
    /// |g·w - ½·w²·F|.
    case mixed
  }

  /// What loses its sign.
  enum Reduction: String, Choice {
    /// Each weight's value.
    case element
    /// The sum of a row, or of a column that belongs to a unit.
    case vector
  }

  /// How the samples' products are added up.
  enum Aggregate: String, Choice {
    /// They are added, then the sign is dropped.
    case absSum = "abs_sum"
    /// Their signs are dropped, then they are added.
    case sumAbs = "sum_abs"
  }

  /// Which terms of the series count.
  var order = Order.first
  /// What loses its sign.
  var reduce = Reduction.element
  /// How the samples' products are added up.
  var aggregate = Aggregate.absSum

  static let parameters = [
    Parameter<Taylor>(
      "aggregate",
      \.aggregate,
      help: "drop the sign of the samples' sum, or of each sample"
    ),
    Parameter("order", \.order, help: "first, second (Fisher) or both derivatives of the loss"),
    Parameter("reduce", \.reduce, help: "drop the sign of each weight's value, or of a row's sum"),
  ]

  /// Refuses settings that would drop a sign where none is left.
  func validate() throws(ParameterProblem) {
    guard aggregate == .sumAbs else { return }
    if order != .first {
      throw ParameterProblem("aggregate", "only the first order has a sign in each sample")
    }
    if reduce == .vector {
      throw ParameterProblem("aggregate", "the sign is dropped before a vector could be summed")
    }
  }

  var evidence: [any Evidence] {
    switch order {
    case .first: [gradients]
    case .second: [fisher]
    case .mixed: [gradients, fisher]
    }
  }

  private var gradients: Gradients { Gradients(aggregate == .absSum ? .mean : .meanAbsolute) }
  private var fisher: Gradients { Gradients(.meanSquare) }

  var reduction: SaliencyReduction {
    SaliencyReduction(sign: reduce == .vector ? .dropped : .kept)
  }

  /// The value of each weight; without its sign where elements are reduced.
  ///
  /// The mean over samples of |g_n·w| is |w| times the mean of |g_n|.
  func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    let value: Tensor
    switch order {
    case .first: value = try first(weight, id, statistics)
    case .second: value = try second(weight, id, statistics)
    case .mixed: value = try first(weight, id, statistics) - second(weight, id, statistics) * 0.5
    }
    return reduce == .vector ? value : try value.abs()
  }

  private func first(_ weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    try statistics.result(of: gradients).require(id.role) * weight
  }

  private func second(_ weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    try statistics.result(of: fisher).require(id.role) * weight.pow(2)
  }
}
