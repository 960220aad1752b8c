import BillhookCore

/// How much the output of a sub-layer fluctuates with a channel that enters its last projection.
///
/// x_j is input j over all tokens, W the projection. Scores are standardised over the inputs of the
/// projection: less their mean, divided by their standard deviation; so `allocate global` compares
/// blocks as the paper does. Inside a block, this does not change the order. For the output
/// projection the score is squared first, as in the authors' code. The variance is that of all
/// tokens; the code computes it with a mean that it has updated already, which is not followed.
/// Source: An et al., FLAP, 2023, arXiv 2312.11983, section 3.2, and its authors' code.
struct Flap: InputCriterion {
  static let name = "flap"
  static let summary = "How much a channel fluctuates, times the size of the weights that it feeds."

  static let reference: Reference? = Reference(
    formula: """
      m_j = Var(x_j) · Σ_i W_ij²        metric = wifv
      m_j = Var(x_j)                    metric = ifv
      m_j = ‖x_j‖₂ · mean_i |W_ij|      metric = wifn
      S_j = (m_j - mean(m)) / deviation(m)

      W:   the projection that ends the sub-layer (output, down)
      x_j: its input j over all tokens
      m:   the m_j of all inputs of that projection
      The score of a head is the mean of its inputs' S_j.
      """,
    papers: [.flap.part("section 3.2")],
    differences: [
      "The authors' code squares m_j of the output projection before it is standardised, "
        + "the paper does not say so. Here it is squared.",
      "The code updates the variance with a mean that it has updated already, which is an "
        + "error of its arithmetic. Here the variance is that of all tokens.",
      "The code lets a head cost as much as 512 / 3 channels. Here a budget of parameters "
        + "counts the parameters of the model at hand.",
    ]
  )

  /// How the fluctuation of a channel is measured.
  enum Metric: String, Choice {
    /// The variance of x_j times the sum of squares of column j of W.
    case wifv
    /// The variance of x_j.
    case ifv
    /// The norm of x_j times the mean of |W| in column j.
    case wifn
  }

  /// How the fluctuation of a channel is measured.
  var metric = Metric.wifv

  static let parameters = [
    Parameter<Flap>("metric", \.metric, help: "weighted variance, variance, or weighted norm")
  ]

  private var moments: InputMoments { InputMoments() }

  var evidence: [any Evidence] { [moments] }

  var isRelative: Bool { true }

  /// The standardised fluctuation of each input.
  ///
  /// - Throws: `DataError` when no input fluctuates, so that none can be told from the others.
  func importance(
    ofInputsOf weight: Tensor,
    _ id: WeightID,
    _ statistics: Statistics
  ) throws -> Tensor {
    var value = try fluctuation(weight, statistics.result(of: moments).require(id.role))
    if id.role == .output { value = try value.pow(2) }
    let difference = try value - value.mean()
    let count = Double(max(1, value.shape[0] - 1))
    let deviation = try (difference.pow(2).sum() * (1 / count)).pow(0.5)
    guard try deviation.scalar() != 0 else {
      throw DataError("all inputs fluctuate alike, so FLAP cannot tell them apart")
    }
    return try difference / deviation
  }

  private func fluctuation(_ weight: Tensor, _ moments: Moments) throws -> Tensor {
    switch metric {
    case .wifv: try moments.variance() * weight.pow(2).sum([0], dtype: .float64)
    case .ifv: try moments.variance()
    case .wifn: try moments.norm() * weight.abs().mean([0], dtype: .float64)
    }
  }
}
