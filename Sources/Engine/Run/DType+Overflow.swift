package import BillhookTorch

extension DType {
  /// Advice for when finite weights give results that are NaN or infinite.
  package var adviceOnOverflow: String {
    self == .float32
      ? "hidden states overflow float32, so earlier changes of the model "
        + "made it useless"
      : "hidden states overflow \(self); set `compute = float32` in "
        + "`model`"
  }
}
