public import BillhookModels
public import BillhookTorch

/// A tensor that a training changes, with its gradient and what the optimiser remembers of it.
public final class TrainedTensor {
  /// What the tensor is of its weight.
  public enum Part: String, Sendable {
    /// The weight itself.
    case whole
    /// The matrix of a low-rank update that the input goes through first.
    case down
    /// The matrix of a low-rank update that makes the output.
    case up
  }

  /// The weight that it is, or belongs to.
  public let weight: WeightID
  /// What it is of the weight.
  public let part: Part
  /// The numbers, in f32 whatever the type of the arithmetic; changed in place.
  public let value: Tensor
  /// The gradient of the loss, in the shape of the value and in f32; nil between steps.
  ///
  /// Until the gradients are complete, that of the summed loss; then that of the mean.
  public internal(set) var gradient: Tensor?
  let slot: FusedAdamW.Slot

  /// A tensor that starts with the given numbers, which nobody else may hold.
  init(_ weight: WeightID, _ part: Part = .whole, _ value: Tensor) throws {
    self.weight = weight
    self.part = part
    self.value = value
    slot = FusedAdamW.Slot(
      value: value,
      mean: try Tensor.zeros(value.shape, device: value.device),
      square: try Tensor.zeros(value.shape, device: value.device),
      step: try Tensor.zeros([], device: value.device)
    )
  }

  /// What it is called in files and messages, for example `block 3 query` or `block 3 query, up`.
  public var name: String { part == .whole ? "\(weight)" : "\(weight), \(part.rawValue)" }

  /// Adds to the gradient; the tensor that comes first is kept, and belongs to this one.
  func add(gradient new: Tensor) throws {
    let new = try new.to(.float32)
    if let gradient {
      try gradient.add(new)
    } else {
      gradient = try new.contiguous()
    }
  }
}
