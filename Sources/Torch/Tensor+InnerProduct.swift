import CTorch

// libtorch multiplies f32 through MKL, which runs a single row on one thread of an AMD CPU (PyTorch
// issue 96643) and is slower than oneDNN for more rows as well; and it multiplies bf16 through oneDNN,
// which then lays the weight out anew every time.
extension Tensor {
  /// As `linear`, by the quickest product there is.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]`, as it is; or as `packed` made it, where no gradients are taken.
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

  /// This weight of a linear layer as a copy that `innerProduct` takes without laying it out anew.
  ///
  /// It is the weight itself where there is nothing to gain. Nothing else can be done with a copy.
  public func packed() throws(TorchError) -> Tensor {
    guard isPackable else { return self }
    return try make("mkldnn_reorder_linear_weight", on: [self]) { ct_onednn_pack(handle, $0) }
  }

  /// Whether `packed` makes a copy.
  public var isPackable: Bool {
    !isPacked && dtype == .bfloat16 && device == .cpu && ct_onednn_packs_bfloat16()
  }

  /// Whether it is a copy that `packed` made.
  public var isPacked: Bool { ct_is_packed(handle) }

  /// Whether oneDNN multiplies it in place.
  private var isPlain: Bool { dtype == .float32 && device == .cpu && ct_has_onednn() }
}
