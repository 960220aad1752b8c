import BillhookCore

/// The mean of |W| in the column that a channel feeds, times the norm of the channel over all tokens.
///
/// Wanda made structured, with statistics of the model as it stands: all blocks are measured before
/// any is pruned, while the published code measures each block after earlier ones are pruned.
/// Sources: Sun et al., Wanda, 2023, arXiv 2306.11695, equation 1; the structured form is the
/// baseline in An et al., FLAP, 2023, arXiv 2312.11983, and its authors' code.
struct WandaSp: InputCriterion {
  static let name = "wanda_sp"
  static let summary = "The norm of each input channel times the mean |weight| that it feeds."

  static let reference: Reference? = Reference(
    formula: """
      S_j = ‖x_j‖₂ · mean_i |W_ij|

      W:   the projection that ends the sub-layer (output, down)
      x_j: its input j over all tokens
      The score of a head is the mean of its inputs' S_j.
      """,
    papers: [.wanda.part("equation 1"), .flap],
    differences: [
      "Wanda is for single weights. The structured form is a baseline of FLAP, which the "
        + "paper names and its code defines; the code is followed.",
      "The code measures each block after earlier ones are pruned. Here all blocks are "
        + "measured before any is.",
    ]
  )

  private var moments: InputMoments { InputMoments() }

  var evidence: [any Evidence] { [moments] }

  /// ‖x_j‖₂ times the mean over rows of |W_ij|.
  func importance(
    ofInputsOf weight: Tensor,
    _ id: WeightID,
    _ statistics: Statistics
  ) throws -> Tensor {
    let norms = try statistics.result(of: moments).require(id.role).norm()
    return try norms * weight.abs().mean([0], dtype: .float64)
  }
}
