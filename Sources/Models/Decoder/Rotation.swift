public import BillhookTorch

/// Cosines and sines that turn queries and keys by their positions: two tables `[tokens, head]`.
///
/// Source: Su et al., RoFormer, 2021, arXiv 2104.09864, section 3.4.2. Channel `i` is paired with
/// channel `i + head/2`, as in transformers.
public struct Rotation {
  private let cosines: Tensor
  private let sines: Tensor

  /// The tables for positions 0 up to `tokens`, computed in f32 and rounded to `dtype`.
  public init(
    _ description: RotaryDescription,
    headSize: Int,
    tokens: Int,
    dtype: DType,
    device: Device
  ) throws(TorchError) {
    // The same operations in the same order as transformers: at high positions, the last bit of
    // a frequency decides where an angle lands.
    let channels = try Tensor.arange(to: Double(headSize), by: 2) / Tensor([Float(headSize)])
    let frequencies = try Tensor([1 as Float]) / Tensor.pow(description.base, channels)
    let half = try Tensor.arange(to: Double(tokens)).unsqueezed(1) * frequencies
    let angles = try Tensor.joined([half, half], along: 1)
    cosines = try angles.cos().to(dtype, device: device)
    sines = try angles.sin().to(dtype, device: device)
  }

  /// Turns `[batch, heads, tokens, head]` by position.
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    let headSize = states.shape[3]
    let first = try states.narrowed(3, to: 0..<headSize / 2)
    let second = try states.narrowed(3, to: headSize / 2..<headSize)
    let turned = try Tensor.joined([-second, first], along: 3)
    return try states * cosines + turned * sines
  }
}
