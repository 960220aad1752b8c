import CTorch

/// One step of AdamW for several tensors at once.
public enum FusedAdamW {
  /// A tensor and its optimiser state; all in f32 and of the tensor's shape, except the step.
  public struct Slot {
    /// The tensor that is changed.
    public let value: Tensor
    /// The running mean of its gradients.
    public let mean: Tensor
    /// The running mean of its squared gradients.
    public let square: Tensor
    /// The number of steps made so far, as one element in f32; each step adds one.
    public let step: Tensor

    /// Makes a slot of a tensor and its state.
    public init(value: Tensor, mean: Tensor, square: Tensor, step: Tensor) {
      self.value = value
      self.mean = mean
      self.square = square
      self.step = step
    }
  }

  /// Changes values and running means in place.
  ///
  /// Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2017, arXiv 1711.05101,
  /// algorithm 2, with a schedule multiplier of 1.
  ///
  /// - Parameters:
  ///   - slots: The tensors.
  ///   - gradients: A gradient for each.
  ///   - learningRate: The learning rate of this step, which also scales the decay.
  ///   - betas: The decay rates of the two running means.
  ///   - weightDecay: The share of a value that a step with a learning rate of 1 would take away.
  ///   - epsilon: What is added to the root of the mean square.
  /// - Throws: `TorchError` when shapes or types do not fit.
  public static func step(
    _ slots: [Slot],
    gradients: [Tensor],
    learningRate: Double,
    betas: (Double, Double),
    weightDecay: Double,
    epsilon: Double
  ) throws(TorchError) {
    let one = try Tensor.full([], 1)
    for slot in slots { try slot.step.add(one.to(device: slot.step.device)) }
    func handles(_ tensors: [Tensor]) -> [ct_tensor?] { tensors.map(\.handle) }
    try call("_fused_adamw_", on: gradients) {
      ct_fused_adamw(
        handles(slots.map(\.value)),
        handles(gradients),
        handles(slots.map(\.mean)),
        handles(slots.map(\.square)),
        handles(slots.map(\.step)),
        slots.count,
        learningRate,
        betas.0,
        betas.1,
        weightDecay,
        epsilon
      )
    }
  }
}
