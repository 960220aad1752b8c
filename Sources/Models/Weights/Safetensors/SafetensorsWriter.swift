public import BillhookFiles
public import BillhookTorch

/// The plan of a tensor in a safetensors file, known before any byte is written.
public struct TensorPlan: Sendable {
  /// The tensor's name in the file.
  public let name: String
  /// The type in which it is written.
  public let dtype: DType
  /// Its shape.
  public let shape: [Int]

  /// Plans a tensor.
  public init(name: String, dtype: DType, shape: [Int]) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  /// The bytes that the tensor takes in the file.
  public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
}

/// Writes a safetensors file one tensor at a time; no more than one is in memory.
public struct SafetensorsWriter {
  private let file: FileWriter
  private let path: String
  private var waiting: ArraySlice<TensorPlan>

  /// Creates the file and writes its header.
  public init(_ path: String, holding tensors: [TensorPlan]) throws(FileError) {
    self.path = path
    file = try FileWriter(path)
    waiting = tensors[...]
    let header = Self.header(tensors)
    var length = UInt64(header.count).littleEndian
    try file.write(withUnsafeBytes(of: &length) { Array($0) })
    try file.write(header)
  }

  /// Writes the next tensor, rounded to the planned type.
  public mutating func append(_ tensor: Tensor) throws {
    guard let plan = waiting.popFirst(), plan.shape == tensor.shape else {
      throw FileError(path, "expected another tensor than \(tensor) next")
    }
    try tensor.to(plan.dtype).withBytes { try file.write($0) }
  }

  /// Syncs and closes the file.
  public func finish() throws(FileError) {
    if let missing = waiting.first {
      throw FileError(path, at: missing.name, "was planned and never written")
    }
    try file.finish()
  }

  /// Writes tensors that are all in memory to a temporary file and renames it, so that the file is
  /// never incomplete.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - tensors: Its tensors, in order.
  ///   - types: The types that some tensors are rounded to; the others are written in their own
  ///     types.
  /// - Throws: `FileError` when writing fails.
  public static func replace(
    _ path: String,
    by tensors: [(name: String, tensor: Tensor)],
    rounding types: [String: DType] = [:]
  ) throws {
    let new = "\(path)\(FileSystem.unfinished)"
    try FileSystem.remove(new)
    try write(tensors, rounding: types, to: new)
    try FileSystem.rename(new, to: path)
  }

  /// Writes tensors that are all in memory, in their own types or rounded.
  static func write(
    _ tensors: [(name: String, tensor: Tensor)],
    rounding types: [String: DType] = [:],
    to path: String
  ) throws {
    let plans = tensors.map { name, tensor in
      TensorPlan(name: name, dtype: types[name] ?? tensor.dtype, shape: tensor.shape)
    }
    var writer = try SafetensorsWriter(path, holding: plans)
    for (_, tensor) in tensors { try writer.append(tensor) }
    try writer.finish()
  }

  /// The header, padded with spaces so that the first tensor is aligned to 8 bytes.
  static func header(_ tensors: [TensorPlan]) -> [UInt8] {
    // Loaders older than transformers 5 refuse a file that does not say it is PyTorch's.
    var members = [JSON.Member(key: "__metadata__", value: ["format": "pt"])]
    var offset = 0
    for tensor in tensors {
      let end = offset + tensor.byteCount
      members.append(
        JSON.Member(
          key: tensor.name,
          value: [
            "dtype": .string(tensor.dtype.safetensors),
            "shape": .array(tensor.shape.map { .number(JSONNumber($0)) }),
            "data_offsets": [.number(JSONNumber(offset)), .number(JSONNumber(end))],
          ]
        )
      )
      offset = end
    }
    var header = Array(JSON.object(members).text(indent: nil).utf8)
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    return header
  }
}
