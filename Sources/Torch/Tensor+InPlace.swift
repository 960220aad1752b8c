import CTorch

// Logits are the largest tensors that a training holds, so what is computed from them overwrites them
// where it can.
extension Tensor {
  /// Multiplies every element by that of another tensor, which is broadcast to this shape, in place.
  public func multiply(by other: Tensor) throws(TorchError) {
    try call("mul_", on: [self, other]) { ct_mul_tensor_in_place(handle, other.handle) }
  }

  /// Replaces every element by its exponential.
  public func exponentiate() throws(TorchError) {
    try call("exp_", on: [self]) { ct_exp_in_place(handle) }
  }

  /// Overwrites the elements that `positions` names along a dimension, each within its own line, with
  /// those of `source`: `scattering` in place.
  ///
  /// Shapes: positions and source the same, and like this tensor, except for the extent of the
  /// dimension.
  public func scatter(
    _ dimension: Int,
    _ positions: Tensor,
    from source: Tensor
  ) throws(TorchError) {
    try call("scatter_", on: [self, positions, source]) {
      ct_scatter_in_place(handle, Int64(dimension), positions.handle, source.handle)
    }
  }
}
