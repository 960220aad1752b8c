import BillhookModels
import BillhookTorch

/// AdamW over everything that is trained, with gradients cut to a norm.
struct AdamW {
  private let settings: TrainingSettings
  private let tensors: [TrainedTensor]

  init(_ tensors: [TrainedTensor], _ settings: TrainingSettings) {
    self.tensors = tensors
    self.settings = settings
  }

  /// Turns gradients of a summed loss into those of the mean, and cuts them to the norm.
  ///
  /// Cut as in PyTorch: by the norm of all of them together, with 1e-6 added to it.
  ///
  /// - Returns: Their norm before they were cut.
  func prepare(targets: Int) throws -> Double {
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

  /// Changes what has a gradient, and lets go of the gradients.
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

  /// Matrices inside blocks and the exit's own decay; norms, biases and embeddings where it is said.
  private func decays(_ tensor: TrainedTensor) -> Bool {
    switch tensor.weight.role.kind {
    case .projection: true
    case .vocabulary: settings.decaysAll || tensor.weight.role == .head
    case .norm, .bias: settings.decaysAll
    }
  }
}
