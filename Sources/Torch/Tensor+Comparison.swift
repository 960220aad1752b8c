import CTorch

/// Comparisons give a tensor of `bool`, element by element with broadcasting; NaN is neither less
/// than, equal to, nor greater than anything.
extension Tensor {
  /// Where the elements of `a` are less.
  public static func .< (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("lt", on: [a, b]) { ct_less(a.handle, b.handle, $0) }
  }

  /// Where the elements of `a` are less or equal.
  public static func .<= (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("le", on: [a, b]) { ct_less_equal(a.handle, b.handle, $0) }
  }

  /// Where the elements are equal.
  public static func .== (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("eq", on: [a, b]) { ct_equal_elements(a.handle, b.handle, $0) }
  }

  /// Where the elements are less than a number.
  public static func .< (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try make("lt", on: [a]) { ct_less_scalar(a.handle, b, $0) }
  }

  /// Where the elements are less than or equal to a number.
  public static func .<= (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try make("le", on: [a]) { ct_less_equal_scalar(a.handle, b, $0) }
  }

  /// Where the elements are equal to a number.
  public static func .== (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try make("eq", on: [a]) { ct_equal_scalar(a.handle, b, $0) }
  }

  /// Where both hold; of whole numbers, the bits that both have.
  public static func .& (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("bitwise_and", on: [a, b]) { ct_and(a.handle, b.handle, $0) }
  }

  /// Where either holds; of whole numbers, the bits that either has.
  public static func .| (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try make("bitwise_or", on: [a, b]) { ct_or(a.handle, b.handle, $0) }
  }

  /// Where this does not hold.
  public static prefix func .! (a: Tensor) throws(TorchError) -> Tensor {
    try make("bitwise_not", on: [a]) { ct_not(a.handle, $0) }
  }
}
