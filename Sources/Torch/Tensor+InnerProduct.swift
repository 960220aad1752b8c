import CTorch

// libtorch multiplies f32 through MKL, which runs a single row on one thread of an AMD CPU (PyTorch
// issue 96643) and is slower than oneDNN for more rows as well; and it multiplies bf16 through
// oneDNN, which then rearranges the weight every time.
extension Tensor {
  /// As `linear`, by the quickest kernel there is.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]`, either plain or, where no gradients are taken, as `packed` made it.
  ///   - bias: `[out]`.
  /// - Returns: `self · weightᵀ + bias`, `[…, out]`.
  /// - Throws: `TorchError` when shapes or types do not fit.
  public func innerProduct(_ weight: Tensor, bias: Tensor? = nil) throws(TorchError) -> Tensor {
    guard weight.isPacked || (weight.isPlain && isPlain) else {
      return try linear(weight, bias: bias)
    }
    return try make("linear", on: [self, weight] + (bias.map { [$0] } ?? [])) {
      ct_onednn_linear(handle, weight.handle, bias?.handle, $0)
    }
  }

  /// A copy of this weight of a linear layer that `innerProduct` takes without rearranging it every
  /// time.
  ///
  /// Returns the weight itself where there is nothing to gain. A copy is of use for `innerProduct`
  /// only.
  public func packed() throws(TorchError) -> Tensor {
    guard isPackable else { return self }
    return try make("mkldnn_reorder_linear_weight", on: [self]) { ct_onednn_pack(handle, $0) }
  }

  /// Whether `packed` makes a copy.
  public var isPackable: Bool {
    !isPacked && dtype == .bfloat16 && device == .cpu && ct_onednn_packs_bfloat16()
  }

  /// Whether this is a copy that `packed` made.
  public var isPacked: Bool { ct_is_packed(handle) }

  /// Whether oneDNN multiplies this tensor as it is.
  private var isPlain: Bool { dtype == .float32 && device == .cpu && ct_has_onednn() }
}
