import CTorch

/// A libtorch tensor: typed numbers in a shape, on a device.
///
/// Copies of the reference share the numbers. Not Sendable: in-place operations would race.
public final class Tensor: CustomStringConvertible {
  let handle: ct_tensor

  init(owning handle: ct_tensor) {
    self.handle = handle
  }

  deinit {
    ct_tensor_free(handle)
  }

  /// The extent of each dimension, outermost first.
  public var shape: [Int] {
    (0..<ct_dimensions(handle)).map { Int(ct_size(handle, $0)) }
  }

  /// The number of elements.
  public var elementCount: Int { Int(ct_element_count(handle)) }

  /// The number of bytes that the elements take, without gaps between them.
  public var byteCount: Int { elementCount * dtype.byteCount }

  /// The type of the elements.
  public var dtype: DType {
    guard let dtype = DType(code: ct_tensor_dtype(handle)) else {
      preconditionFailure("every tensor here was made with one of DType's types")
    }
    return dtype
  }

  /// The device that holds the elements.
  public var device: Device { Device(code: ct_tensor_device(handle)) }

  /// Type and shape, as in `float32 [2, 3]`.
  public var description: String { "\(dtype) \(shape)" }
}
