import CTorch

extension Tensor {
  /// A tensor over memory that `owner` keeps alive; nothing is copied.
  ///
  /// The memory must stay as it is until the last tensor over it is gone, and must not be written
  /// through the tensor when it is mapped read-only.
  public convenience init(
    over memory: UnsafeRawPointer,
    shape: [Int],
    dtype: DType,
    owner: AnyObject
  ) throws(TorchError) {
    let retained = Unmanaged.passRetained(owner)
    var result: ct_tensor?
    do throws(TorchError) {
      try call("from_blob") {
        ct_from_blob(
          UnsafeMutableRawPointer(mutating: memory),
          shape.sizes,
          shape.count,
          dtype.code,
          retained.toOpaque(),
          { owner in
            guard let owner else { return }
            Unmanaged<AnyObject>.fromOpaque(owner).release()
          },
          &result
        )
      }
    } catch {
      retained.release()
      throw error
    }
    self.init(owning: try Self.checked(result, "from_blob"))
  }

  /// A tensor with the given numbers.
  public convenience init(_ values: [Float], shape: [Int]? = nil) throws(TorchError) {
    try self.init(copying: values, as: .float32, shape: shape)
  }

  /// A tensor with the given numbers.
  public convenience init(_ values: [Double], shape: [Int]? = nil) throws(TorchError) {
    try self.init(copying: values, as: .float64, shape: shape)
  }

  /// A tensor with the given whole numbers, such as token ids.
  public convenience init(_ values: [Int], shape: [Int]? = nil) throws(TorchError) {
    try self.init(copying: values.map(Int64.init), as: .int64, shape: shape)
  }

  /// A tensor with a copy of bytes in the order of its elements.
  public convenience init(
    copying bytes: UnsafeRawBufferPointer,
    shape: [Int],
    dtype: DType
  ) throws(TorchError) {
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(dtype.byteCount, *) == bytes.count else {
      throw TorchError(
        operation: "tensor",
        message: "\(bytes.count) bytes do not fill the shape \(shape) in \(dtype)"
      )
    }
    var result: ct_tensor?
    try call("tensor") {
      ct_from_copy(bytes.baseAddress, shape.sizes, shape.count, dtype.code, &result)
    }
    self.init(owning: try Self.checked(result, "tensor"))
  }

  private convenience init<Element>(
    copying values: [Element],
    as dtype: DType,
    shape: [Int]?
  ) throws(TorchError) {
    let shape = shape ?? [values.count]
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == values.count else {
      throw TorchError(
        operation: "tensor",
        message: "\(values.count) values do not fill the shape \(shape)"
      )
    }
    var result: ct_tensor?
    try call("tensor") {
      values.withUnsafeBytes {
        ct_from_copy($0.baseAddress, shape.sizes, shape.count, dtype.code, &result)
      }
    }
    self.init(owning: try Self.checked(result, "tensor"))
  }

  /// A tensor with one value everywhere.
  public static func full(
    _ shape: [Int],
    _ value: Double,
    dtype: DType = .float32,
    device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try make("full") {
      ct_full(shape.sizes, shape.count, value, dtype.code, device.code, $0)
    }
  }

  /// A tensor of zeros.
  public static func zeros(
    _ shape: [Int],
    dtype: DType = .float32,
    device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try full(shape, 0, dtype: dtype, device: device)
  }

  /// The numbers from `start` up to, but not including, `end`.
  public static func arange(
    from start: Double = 0,
    to end: Double,
    by step: Double = 1,
    dtype: DType = .float32,
    device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try make("arange") { ct_arange(start, end, step, dtype.code, device.code, $0) }
  }

  private static func checked(_ handle: ct_tensor?, _ operation: String) throws(TorchError)
    -> ct_tensor
  {
    guard let handle else {
      throw TorchError(operation: operation, message: "libtorch gave no tensor back")
    }
    return handle
  }
}

extension [Int] {
  /// The form in which libtorch takes shapes and dimensions.
  var sizes: [Int64] { map(Int64.init) }
}
