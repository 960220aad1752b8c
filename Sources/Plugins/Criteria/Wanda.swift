import BillhookCore

/// The size of a weight times the norm of its input over all tokens.
///
/// Source: Sun et al., A Simple and Effective Pruning Approach for Large Language Models, 2023,
/// arXiv 2306.11695, equation 1.
struct Wanda: ColumnCriterion {
  static let name = "wanda"
  static let summary = "The |weight| times the norm of its input over the calibration set."

  static let reference: Reference? = Reference(
    formula: """
      S_ij = |W_ij| · ‖x_j‖₂

      W:   a projection
      x_j: its input j over all tokens
      """,
    papers: [.wanda.part("equation 1")],
    differences: [
      "The code divides the squared norm by the number of sequences, which changes no order."
    ]
  )

  private var norms: InputNorms { InputNorms() }

  var evidence: [any Evidence] { [norms] }

  var granularities: Set<UnitGranularity> { [.weight] }

  /// The inputs of one output are compared with each other.
  var group: ComparisonGroup { .row }

  /// |W| times the norms of its inputs.
  func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
    try saliency(of: weight, id, from: 0, settled: 0, statistics)
  }

  /// The same of some columns.
  func saliency(
    of columns: Tensor,
    _ id: WeightID,
    from start: Int,
    settled: Int,
    _ statistics: Statistics
  ) throws -> Tensor {
    let norms = try statistics.result(of: norms).require(id.role)
    let end = start + (columns.shape.last ?? 0)
    return try columns.abs() * norms.narrowed(0, to: start..<end).to(columns.dtype)
  }
}
