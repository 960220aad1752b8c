import BillhookModels
import BillhookTorch

/// AdamW over all trained tensors, with gradient clipping by norm.
struct AdamW {
  private let settings: TrainingSettings
  private let tensors: [TrainedTensor]

  init(_ tensors: [TrainedTensor], _ settings: TrainingSettings) {
    self.tensors = tensors
    self.settings = settings
  }

  /// Turns gradients of a summed loss into those of the mean, and clips them by norm.
  ///
  /// Clipped as in PyTorch: by the norm of all gradients together, with 1e-6 added to it. Gradients of
  /// elements that a mask holds at zero are zeros before the norm is taken, so that what cannot be
  /// trained neither shortens the others nor enters the optimiser's means.
  ///
  /// - Returns: The norm before clipping.
  func prepare(targets: Int) throws -> Double {
    for tensor in tensors { try tensor.maskGradient() }
    let gradients = tensors.compactMap(\.gradient)
    let squares = try gradients.map { gradient in
      let norm = try gradient.norm().scalar()
      return norm * norm
    }
    let norm = squares.reduce(0, +).squareRoot() / Double(targets)
    let cut = settings.clip > 0 ? min(1, settings.clip / (norm + 1e-6)) : 1
    for gradient in gradients { try gradient.multiply(by: cut / Double(targets)) }
    return norm
  }

  /// Updates the tensors that have a gradient, and releases the gradients.
  func step(learningRate: Double) throws {
    for decays in [true, false] {
      let group = tensors.filter { $0.gradient != nil && self.decays($0) == decays }
      guard !group.isEmpty else { continue }
      try FusedAdamW.step(
        group.map(\.slot),
        gradients: group.compactMap(\.gradient),
        learningRate: learningRate,
        betas: (settings.beta1, settings.beta2),
        weightDecay: decays ? settings.weightDecay : 0,
        epsilon: settings.epsilon
      )
    }
    for tensor in tensors { tensor.gradient = nil }
  }

  /// Whether a tensor decays: matrices inside blocks and an untied head do; norms, biases and
  /// embeddings only if the settings say so.
  private func decays(_ tensor: TrainedTensor) -> Bool {
    switch tensor.weight.role.kind {
    case .projection: true
    case .vocabulary: settings.decaysAll || tensor.weight.role == .head
    case .norm, .bias: settings.decaysAll
    }
  }
}
