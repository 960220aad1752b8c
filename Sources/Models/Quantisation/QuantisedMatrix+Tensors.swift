import BillhookTorch

/// A quantised matrix as named tensors, as it is kept in files of changed weights.
extension QuantisedMatrix {
  /// The names of its tensors: those of GPTQ's layout, and what their shapes do not tell.
  static let parts = ["qweight", "qzeros", "scales", "g_idx", schemePart]

  /// The name of the tensor that says how the codes were made.
  static let schemePart = "scheme"

  /// The tensors by their names.
  func tensors() throws -> [String: Tensor] {
    [
      "qweight": codeWords, "qzeros": zeroWords, "scales": scales, "g_idx": groupOfInput,
      Self.schemePart: try Tensor([
        scheme.bits, scheme.group ?? 0, scheme.isSymmetric ? 1 : 0, reordersInputs ? 1 : 0,
      ]),
    ]
  }

  /// Puts a matrix together again from what `tensors` gave.
  init(_ tensor: (_ name: String) throws -> Tensor) throws {
    let described = try tensor(Self.schemePart)
    self.init(
      codeWords: try tensor("qweight"),
      zeroWords: try tensor("qzeros"),
      scales: try tensor("scales"),
      groupOfInput: try tensor("g_idx"),
      try QuantisationScheme(described),
      reordersInputs: try described.integers().last == 1
    )
  }
}

extension QuantisationScheme {
  /// Reads what `QuantisedMatrix.tensors` says of it.
  init(_ tensor: Tensor) throws {
    let numbers = try tensor.integers()
    guard numbers.count == 4 else {
      throw TorchError(
        operation: "scheme",
        operands: [tensor.description],
        message: "expected four numbers"
      )
    }
    self.init(
      bits: numbers[0],
      group: numbers[1] == 0 ? nil : numbers[1],
      isSymmetric: numbers[2] == 1
    )
  }
}
