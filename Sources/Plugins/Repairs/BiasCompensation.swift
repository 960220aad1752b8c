import BillhookCore

/// Adds, as a bias, what the removed inputs of a projection gave on average.
///
/// Source: An et al., FLAP, 2023, arXiv 2312.11983, section 3.4: the mean of a channel over the
/// calibration set is its baseline, and W times the baseline of what goes becomes a bias.
struct BiasCompensation: Repair {
  static let name = "bias_compensation"
  static let summary = "Adds what removed channels gave on average as a bias (FLAP)."

  static let reference: Reference? = Reference(
    formula: """
      b += Σ over removed j of W_j · mean(x_j)

      W_j: column j of the output or down projection
      x_j: its input j over all tokens, before the cut
      """,
    papers: [.flap.part("section 3.4")]
  )

  private var moments: InputMoments { InputMoments() }

  var evidence: [any Evidence] { [moments] }

  var granularities: Set<UnitGranularity> { [.heads, .channels] }

  /// The removed columns of the projection times the means of their inputs.
  func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
    let columns = try Tensor(cut.columns ?? []).to(device: cut.weight.device)
    let means = try statistics.result(of: moments).require(cut.id.role).mean.selecting(0, columns)
    let removed = try cut.weight.selecting(1, columns).to(.float64)
    return RepairedProjection(
      addedBias: try removed.matmul(means.unsqueezed(1)).reshaped([-1]).to(.float32)
    )
  }
}
