public import BillhookModels
public import BillhookTorch

/// A tensor that is trained, with its gradient and its optimiser state.
public final class TrainedTensor {
  /// Which part of a weight or of its update the tensor is.
  public enum Part: String, Sendable {
    /// The weight itself.
    case whole
    /// The first matrix of a low-rank update, from the input to the rank.
    case down
    /// The second matrix of a low-rank update, from the rank to the output.
    case up
  }

  /// The weight that the tensor is, or updates.
  public let weight: WeightID
  /// Which part it is.
  public let part: Part
  /// The values, in f32 whatever the type of the arithmetic; changed in place.
  public let value: Tensor
  /// Which elements of the value may be other than zero: `bool` in its shape; nil for all.
  ///
  /// The others are +0 and stay it: their gradients are set to zero before anything is made of them.
  let mask: Tensor?
  /// The gradient of the loss, in the shape of the value and in f32; nil between steps.
  ///
  /// Until the gradients are complete, it is that of the summed loss; then that of the mean.
  public internal(set) var gradient: Tensor?
  let slot: FusedAdamW.Slot

  /// Makes a tensor with initial values, which nothing else may hold.
  ///
  /// - Parameters:
  ///   - weight: The weight that it is, or updates.
  ///   - part: Which part.
  ///   - value: The values in f32, zero where the mask says so.
  ///   - mask: Which elements are trained; nil for all.
  /// - Throws: `TorchError` from libtorch.
  init(
    _ weight: WeightID,
    _ part: Part = .whole,
    _ value: Tensor,
    mask: Tensor? = nil
  ) throws {
    self.weight = weight
    self.part = part
    self.value = value
    self.mask = mask
    slot = FusedAdamW.Slot(
      value: value,
      mean: try Tensor.zeros(value.shape, device: value.device),
      square: try Tensor.zeros(value.shape, device: value.device),
      step: try Tensor.zeros([], device: value.device)
    )
  }

  /// The name in files and messages, for example `block 3 query` or `block 3 query, up`.
  public var name: String { part == .whole ? "\(weight)" : "\(weight), \(part.rawValue)" }

  /// Adds to the gradient; the first tensor is kept without a copy, and must not be used elsewhere.
  func add(gradient new: Tensor) throws {
    let new = try new.to(.float32)
    if let gradient {
      try gradient.add(new)
    } else {
      gradient = try new.contiguous()
    }
  }

  /// Sets the gradient to zero where the mask says so.
  func maskGradient() throws {
    guard let mask, let gradient else { return }
    self.gradient = try gradient.keeping(mask)
  }

  /// Sets the value to +0 where the mask says so, after somebody else may have changed it.
  func maskValue() throws {
    guard let mask else { return }
    try value.copy(from: value.keeping(mask))
  }
}
