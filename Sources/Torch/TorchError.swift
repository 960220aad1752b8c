import CTorch

/// What libtorch refused to do: the operation, what it was given, and libtorch's own words.
public struct TorchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The operation, named as in PyTorch, for example `matmul`.
  public let operation: String
  /// The operands, for example `float32 [2, 3]`, in the order in which they were passed.
  public let operands: [String]
  /// libtorch's message, without its C++ stack.
  public let message: String

  /// An error for an operation that this module, not libtorch, refuses.
  public init(operation: String, operands: [String] = [], message: String) {
    self.operation = operation
    self.operands = operands
    self.message = message
  }

  /// The whole error in one line.
  public var description: String {
    let inputs = operands.isEmpty ? "" : "(\(operands.joined(separator: ", ")))"
    return "\(operation)\(inputs): \(message)"
  }
}

/// Runs one call into libtorch and turns a failed status into an error that names the operands.
func call(
  _ operation: String,
  on operands: @autoclosure () -> [Tensor] = [],
  _ body: () -> ct_status
) throws(TorchError) {
  guard body() == CT_OK else {
    throw TorchError(
      operation: operation,
      operands: operands().map(\.description),
      message: String(cString: ct_last_error()).trimmingNewlines
    )
  }
}

/// As `call`, for an operation with one tensor as its result.
func make(
  _ operation: String,
  on operands: @autoclosure () -> [Tensor] = [],
  _ body: (UnsafeMutablePointer<ct_tensor?>) -> ct_status
) throws(TorchError) -> Tensor {
  var result: ct_tensor?
  try call(operation, on: operands()) { body(&result) }
  guard let result else {
    throw TorchError(operation: operation, message: "libtorch gave no tensor back")
  }
  return Tensor(owning: result)
}

/// As `make`, for an operation that gives values and their positions.
func makePair(
  _ operation: String,
  on operands: @autoclosure () -> [Tensor],
  _ body: (UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>) -> ct_status
) throws(TorchError) -> (values: Tensor, positions: Tensor) {
  var positions: ct_tensor?
  let values = try make(operation, on: operands()) { body($0, &positions) }
  guard let positions else {
    throw TorchError(operation: operation, message: "libtorch gave no positions back")
  }
  return (values, Tensor(owning: positions))
}

extension String {
  fileprivate var trimmingNewlines: String {
    var text = self[...]
    while let last = text.last, last.isNewline { text.removeLast() }
    return String(text)
  }
}
