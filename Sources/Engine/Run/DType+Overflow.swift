package import BillhookTorch

extension DType {
  /// What is to be done where finite weights give what is no number.
  package var adviceOnOverflow: String {
    self == .float32
      ? "what runs through the model is beyond the numbers of float32, so what was done to it before "
        + "made it useless"
      : "what runs through the model is beyond the numbers of \(self); set `compute = float32` in "
        + "`model`"
  }
}
