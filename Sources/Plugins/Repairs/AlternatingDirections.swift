import BillhookCore

/// Fits what stays by the alternating direction method of multipliers.
///
/// It goes to the least-squares fit of what stays, as `mrp { slab = none, damping = 0 }` does at
/// once, with the same work however many weights go: for each iteration a product of the projection
/// and a matrix of its inputs.
/// Source: Shen et al., Search for Efficient Large Language Models, 2024, arXiv 2409.17372,
/// equations 6 to 9, with the mask of what stays.
struct AlternatingDirections: Repair {
  static let name = "admm"
  static let summary = "Fits what stays by least squares, step by step (ADMM)."

  static let reference: Reference? = Reference(
    formula: """
      V = W₀ + ρ · (Z - U - W₀) · D · (XᵀX + ρ·D)⁻¹
      Z = V + U where it stays, 0 elsewhere
      U = U + V - Z

      W₀: the projection; Z: the answer; at first Z = W₀ and U = 0
      X: the projection's inputs over all tokens; D = diag(XᵀX)
      """,
    papers: [.searchForEfficientLLMs.part("section 3.4")],
    differences: [
      "The paper's mask says what goes, and equation 8 multiplies by it; the code keeps what goes. "
        + "Here Z keeps what stays.",
      "The paper gives rho no scale, and the code scales every input to the norm 1 first. Here "
        + "rho is relative to the sum of squares of each input, which is the same.",
      "The code adds a tenth of the mean diagonal to the objective, with rho = 10 and 20 "
        + "iterations; the paper says 1 and 30, and adds nothing. Here it is as in the paper.",
    ]
  )

  /// The weight of Z in the step for V, relative to the sum of squares of each input.
  var rho = 1.0
  /// The number of iterations.
  var iterations = 30

  static let parameters = [
    Parameter<AlternatingDirections>(
      "rho",
      \.rho,
      in: 1e-6...1e6,
      help: "how much an iteration holds on to the last, relative to the squares of each input"
    ),
    Parameter("iterations", \.iterations, in: 1...10_000, help: "the number of iterations"),
  ]

  var evidence: [any Evidence] { [InputGram()] }

  var granularities: Set<UnitGranularity> { [.heads, .channels, .weight] }
  var addsBiases: Bool { false }

  /// A product with the inverse in each round.
  func operations(rows: Int, columns: Int, removing share: Double) -> Double {
    2 * Double(iterations) * Double(rows) * Double(columns) * Double(columns)
  }

  /// Z after the last iteration.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
    let gram = try statistics.result(of: InputGram()).require(cut.id.role)
    let factor = try gram.inverseFactor(.own(rho)) {
      statistics.note($0, about: "the inputs of \(cut.id)")
    }
    let whole = cut.weight
    let stays = try cut.stays(in: 0..<whole.shape[1], of: whole.transposed(0, 1)).transposed(0, 1)
    let zero = try Tensor.zeros([], dtype: whole.dtype, device: whole.device)
    let pull = try (gram.diagonal * rho).unsqueezed(1) * factor.transposed(0, 1).matmul(factor)
    var (answer, multiplier) = (whole, zero)
    for _ in 0..<iterations {
      let fitted = try whole + (answer - multiplier - whole).matmul(pull)
      let sum = try fitted + multiplier
      answer = try stays.choosing(sum, else: zero)
      multiplier = try sum - answer
    }
    return RepairedProjection(weight: answer)
  }
}
