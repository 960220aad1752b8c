import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// How far the distribution `q` of a student is from that of its teacher, `p`.
public enum Divergence: Sendable, Equatable {
  /// `KL(p ‖ q) = Σ p (log p - log q)`, which asks for everything that the teacher thinks possible.
  case forward
  /// `KL(q ‖ p) = Σ q (log q - log p)`, which asks for nothing that the teacher thinks impossible.
  ///
  /// Source: Gu et al., MiniLLM, 2023, arXiv 2306.08543, section 2.1; here of the distribution over the
  /// next token of the data, without sampling.
  case reverse
  /// The generalised Jensen–Shannon divergence `β KL(p ‖ m) + (1 - β) KL(q ‖ m)` with the mixture
  /// `m = β p + (1 - β) q`, for a β between 0 and 1.
  ///
  /// For a small β it is β times the forward divergence, and for one near 1 it is 1 - β times the
  /// reverse one.
  ///
  /// Source: Agarwal et al., GKD, 2023, arXiv 2306.13649, equation 1.
  case jensenShannon(beta: Double)

  /// How many tensors of the size of the distributions are held while it is computed, these included.
  var copies: Int {
    switch self {
    case .forward, .reverse: 3
    case .jensenShannon: 4
    }
  }

  /// The divergence of each row, and its gradient with respect to the logits of the student, of which
  /// `student` is the log-softmax.
  ///
  /// - Parameters:
  ///   - teacher: `log p`, `[rows, classes]`; overwritten.
  ///   - student: `log q` in the same shape; overwritten.
  /// - Returns: The divergences `[rows]` in nats, and the gradient `[rows, classes]`.
  /// - Throws: `TorchError` from libtorch.
  func taken(
    _ teacher: Tensor,
    _ student: Tensor
  ) throws -> (rows: Tensor, gradient: Tensor) {
    switch self {
    case .forward:
      let terms = try teacher - student
      try teacher.exponentiate()
      try student.exponentiate()
      try terms.multiply(by: teacher)
      try student.add(teacher, scale: -1)
      return (try terms.sum([-1]), student)
    case .reverse:
      // The logarithm of q / p.
      try teacher.multiply(by: -1)
      try teacher.add(student)
      try student.exponentiate()
      let rows = try (student * teacher).sum([-1])
      try teacher.add(rows.unsqueezed(-1), scale: -1)
      try teacher.multiply(by: student)
      return (rows, teacher)
    case .jensenShannon(let beta):
      try teacher.add(Tensor.full([1], log(beta), device: teacher.device))
      try student.add(Tensor.full([1], log(1 - beta), device: student.device))
      // With A = β p, B = (1 - β) q: log A/m = -softplus(log B/A), log B/m = -softplus(log A/B).
      let ratios = try student - teacher
      try teacher.exponentiate()
      try student.exponentiate()
      try teacher.multiply(by: Self.excess(ratios, beta))
      try ratios.multiply(by: -1)
      let gradient = try Self.excess(ratios, 1 - beta)
      try gradient.multiply(by: student)
      let sums = try gradient.sum([-1])
      try student.multiply(by: sums.unsqueezed(-1) * (1 / (1 - beta)))
      try gradient.add(student, scale: -1)
      return (try teacher.sum([-1]) + sums, gradient)
    }
  }

  /// How much larger than in the mixture the probabilities of one of the two are, as logarithms: of the
  /// one that has this share of the mixture, by the logarithms of what the other adds over what it adds.
  private static func excess(_ ratios: Tensor, _ share: Double) throws -> Tensor {
    let found = try ratios.softplus()
    try found.add(Tensor.full([1], log(share), device: found.device))
    try found.multiply(by: -1)
    return found
  }
}
