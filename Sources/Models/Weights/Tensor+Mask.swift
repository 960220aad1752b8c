public import BillhookTorch

extension Tensor {
  /// The elements where a mask holds, and +0 elsewhere, in this tensor's type.
  ///
  /// Chosen and not multiplied: -1.5 × 0 is -0, and a NaN stays one.
  public func keeping(_ mask: Tensor) throws(TorchError) -> Tensor {
    try mask.to(device: device)
      .choosing(self, else: .zeros([], dtype: dtype, device: device))
  }
}
