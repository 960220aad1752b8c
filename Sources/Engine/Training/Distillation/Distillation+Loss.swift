import BillhookTorch

/// The loss of some rows of logits, with its gradient: written out, because recorded operations would hold
/// several more tensors of that size.
extension Distillation {
  /// How many tensors of the size of the logits are held while the loss is computed, the logits included.
  var copies: Int {
    guard case .predictions(_?, _) = teacher else { return divergence.copies + (share < 1 ? 1 : 0) }
    return softensBeside ? 3 : 2
  }

  /// Whether the data's loss and the teacher's need different softmaxes.
  private var softensBeside: Bool { share < 1 && temperature != 1 }

  /// The summed loss with its gradient, by the whole distributions of the teacher.
  ///
  /// Where one of the two has more tokens, both are compared as distributions over those that both have, and
  /// the data's loss is that over all of the student's.
  ///
  /// - Parameters:
  ///   - targets: The next tokens of the data: `[rows]`.
  ///   - logits: The student's, `[rows, vocabulary]`; overwritten.
  ///   - isNormalised: Whether what is given are logarithms of softened probabilities, rather than logits.
  ///   - given: Gives the teacher's, `[rows, its vocabulary]`; overwritten.
  /// - Returns: The loss, and the gradient with respect to the student's logits.
  /// - Throws: `TorchError` from libtorch, and what `given` throws.
  func loss(
    of targets: Tensor,
    _ logits: Tensor,
    isNormalised: Bool = false,
    given: () throws -> Tensor
  ) throws -> (sum: Double, gradient: Tensor) {
    let data = try share < 1 ? dataLoss(targets, logits) : nil
    var teacher = try given()
    let shared = min(teacher.shape[1], logits.shape[1])
    teacher = try teacher.narrowed(-1, to: 0..<shared)
    let student = try logits.narrowed(-1, to: 0..<shared)
    if !isNormalised { try normalise(teacher) }
    try normalise(student)
    let found = try divergence.taken(teacher, student)
    try found.gradient.multiply(by: share * temperature)
    let sum = try found.rows.sum(dtype: .float64).scalar() * share * temperature * temperature
    let gradient = try widened(found.gradient, into: logits)
    guard let data else { return (sum, gradient) }
    try gradient.add(data.gradient)
    return (sum + data.sum, gradient)
  }

  /// A gradient with respect to the first logits of each row as one with respect to all, where there are
  /// more; then in their place.
  private func widened(_ gradient: Tensor, into logits: Tensor) throws -> Tensor {
    let (shared, all) = (gradient.shape[1], logits.shape[1])
    guard shared < all else { return gradient }
    try logits.narrowed(-1, to: 0..<shared).copy(from: gradient)
    try logits.narrowed(-1, to: shared..<all).copy(from: .zeros([1], device: logits.device))
    return logits
  }

  /// Softens logits, and makes logarithms of probabilities of them.
  private func normalise(_ logits: Tensor) throws {
    if temperature != 1 { try logits.multiply(by: 1 / temperature) }
    try logits.add(logits.logSumExp(-1).unsqueezed(-1), scale: -1)
  }

  /// The data's share of the loss, with its gradient; the logits stay.
  private func dataLoss(
    _ targets: Tensor,
    _ logits: Tensor
  ) throws -> (sum: Double, gradient: Tensor) {
    let found = try logits.logSoftmax(-1)
    let targets = try targets.unsqueezed(-1)
    let sum = try found.gathering(-1, targets).sum(dtype: .float64).scalar()
    try found.exponentiate()
    try found.multiply(by: 1 - share)
    try found.lower(at: targets, by: 1 - share)
    return (-(1 - share) * sum, found)
  }

  /// The summed loss with its gradient, by some tokens of the teacher's distributions and all others as
  /// one class.
  ///
  /// The logit of that class is the logarithm of the sum of their exponentials, and its gradient falls on
  /// them by their shares in the student's distribution.
  ///
  /// - Parameters:
  ///   - targets: The next tokens of the data: `[rows]`.
  ///   - logits: The student's, `[rows, vocabulary]`; overwritten.
  ///   - tokens: The kept tokens, `[rows, kept]`.
  ///   - shared: The number of the first tokens that the teacher chose from; nil for all.
  ///   - given: The logarithms of the teacher's softened probabilities, those of all others together
  ///     at the end: `[rows, kept + 1]`; overwritten.
  /// - Returns: The loss, and the gradient with respect to the student's logits.
  /// - Throws: `TorchError` from libtorch.
  func loss(
    of targets: Tensor,
    _ logits: Tensor,
    keeping tokens: Tensor,
    among shared: Int? = nil,
    given: Tensor
  ) throws -> (sum: Double, gradient: Tensor) {
    let all = logits
    let shared = shared ?? all.shape[1]
    let isApart = softensBeside || share < 1 && shared < all.shape[1]
    let apart = try isApart ? dataLoss(targets, all) : nil
    let logits = try all.narrowed(-1, to: 0..<shared)
    let hasData = share < 1 && !isApart
    if temperature != 1 { try logits.multiply(by: 1 / temperature) }
    let targets = try targets.unsqueezed(-1)
    let atTargets = try hasData ? logits.gathering(-1, targets) : nil
    let chosen = try logits.gathering(-1, tokens)
    try logits.scatter(-1, tokens, from: .full(tokens.shape, -.infinity, device: logits.device))
    let others = try logits.softmax(-1)
    // The likeliest of the others has its logit, less the logarithm of its share.
    let rest = try logits.max(-1).unsqueezed(-1) - others.max(-1).unsqueezed(-1).log()
    let student = try Tensor.joined([chosen, rest], along: -1).logSoftmax(-1)
    let count = tokens.shape[1]
    let total = try rest - student.narrowed(-1, to: count..<count + 1)
    let probabilities = try student.exp()

    let found = try divergence.taken(given, student)
    var gradient = try found.gradient * (share * temperature)
    var sum = try found.rows.sum(dtype: .float64).scalar() * share * temperature * temperature
    if let atTargets {
      gradient = try gradient + probabilities * (1 - share)
      sum += try (total - atTargets).sum(dtype: .float64).scalar() * (1 - share)
    }
    try others.multiply(by: gradient.narrowed(-1, to: count..<count + 1))
    try others.scatter(-1, tokens, from: gradient.narrowed(-1, to: 0..<count))
    if hasData { try others.lower(at: targets, by: 1 - share) }
    let whole = try widened(others, into: all)
    guard let apart else { return (sum, whole) }
    try whole.add(apart.gradient)
    return (sum + apart.sum, whole)
  }
}

extension Tensor {
  /// Subtracts a number where `positions` names elements of the last dimension, in place.
  fileprivate func lower(at positions: Tensor, by number: Double) throws {
    try scatter(-1, positions, from: gathering(-1, positions) + -number)
  }
}
