import CTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Tensor {
  /// The value of a tensor with one element.
  public func scalar() throws(TorchError) -> Double {
    var value = 0.0
    try call("item", on: [self]) { ct_scalar(handle, &value) }
    return value
  }

  /// All elements in order, as f32.
  public func floats() throws(TorchError) -> [Float] {
    try elements(as: .float32)
  }

  /// All elements in order, as f64.
  public func doubles() throws(TorchError) -> [Double] {
    try elements(as: .float64)
  }

  /// All elements in order, as whole numbers.
  public func integers() throws(TorchError) -> [Int] {
    let values: [Int64] = try elements(as: .int64)
    return values.map(Int.init)
  }

  /// Calls `body` with the bytes of the elements, in order and without gaps.
  public func withBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let source = try to(device: .cpu).contiguous()
    return try withExtendedLifetime(source) {
      try body(UnsafeRawBufferPointer(start: ct_data(source.handle), count: source.byteCount))
    }
  }

  /// Whether every element is a number: neither NaN nor infinite.
  public func allFinite() throws(TorchError) -> Bool {
    var answer = false
    try call("isfinite", on: [self]) { ct_all_finite(handle, &answer) }
    return answer
  }

  /// Whether type, shape and every bit are equal; NaN is equal to itself, and 0 not to -0.
  public func hasSameBytes(as other: Tensor) throws -> Bool {
    guard dtype == other.dtype, shape == other.shape else { return false }
    return try withBytes { one in
      try other.withBytes { two in
        guard let first = one.baseAddress, let second = two.baseAddress, first != second else {
          return true
        }
        return memcmp(first, second, one.count) == 0
      }
    }
  }

  /// Whether shape and every element are equal; NaN is equal to nothing.
  public func equals(_ other: Tensor) throws(TorchError) -> Bool {
    var answer = false
    try call("equal", on: [self, other]) { ct_equal(handle, other.handle, &answer) }
    return answer
  }

  private func elements<Element>(as dtype: DType) throws(TorchError) -> [Element] {
    let source = try detached().to(dtype, device: .cpu).contiguous()
    return withExtendedLifetime(source) {
      guard let start = ct_data(source.handle) else { return [] }
      let typed = start.assumingMemoryBound(to: Element.self)
      return Array(UnsafeBufferPointer(start: typed, count: source.elementCount))
    }
  }
}
