import BillhookCore
import BillhookModels
import BillhookTorch

/// The first-order estimate of what the loss would lose: the sum of |g·w| over a unit's
/// projections and norms.
///
/// g is the gradient of the mean token loss over the calibration set, whatever the batches, so
/// samples that pull a weight in opposite directions cancel. `aggregate = sum_abs` adds up
/// |g_n·w| over the samples n instead, and divides by their number.
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, and its authors' code.
struct Taylor: SaliencyCriterion {
  static let name = "taylor"
  static let summary = "The sum of |gradient · weight| over the weights of a unit."

  /// What happens to the samples' products.
  enum Aggregate: String, Choice {
    /// They are added, then the sign is dropped.
    case absSum = "abs_sum"
    /// Their signs are dropped, then they are added.
    case sumAbs = "sum_abs"
  }

  /// What happens to the samples' products.
  var aggregate = Aggregate.absSum

  static let parameters = [
    Parameter<Taylor>(
      "aggregate",
      \.aggregate,
      help: "drop the sign of the samples' sum, or of each sample"
    )
  ]

  var evidence: [any Evidence] { [gradients] }

  private var gradients: Gradients { Gradients(aggregate == .absSum ? .mean : .meanAbsolute) }

  /// |g·w|; the mean over samples of |g_n·w| is |w| times the mean of |g_n|.
  func saliency(of weight: Tensor, _ id: WeightID, _ findings: Findings) throws -> Tensor {
    let gradient = try findings.result(of: gradients).require(id.role)
    return try (gradient * weight).abs()
  }
}
