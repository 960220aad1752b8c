import BillhookFiles
import BillhookTorch

/// Writes a GGUF file one tensor at a time; no more than one is in memory.
struct GGUFWriter {
  /// A tensor of the file, known before any byte is written.
  struct Plan {
    let name: String
    let type: GGUFTensorType
    /// The shape, with the length of a row last.
    let shape: [Int]
  }

  private let file: FileWriter
  private let path: String
  private var waiting: ArraySlice<Plan>
  private var padding = 0

  /// Creates the file and writes its header.
  ///
  /// - Throws: `FileError` when a tensor cannot be held, or writing fails.
  init(_ path: String, _ metadata: [(key: String, value: GGUFValue)], holding tensors: [Plan])
    throws(FileError)
  {
    self.path = path
    waiting = tensors[...]
    var header = GGUFFile.magic
    header.append(UInt32(3))
    header.append(UInt64(tensors.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata {
      header.append(string: key)
      header.append(value)
    }
    var offset = 0
    for tensor in tensors {
      guard let count = tensor.type.byteCount(of: tensor.shape) else {
        throw FileError(
          path,
          at: tensor.name,
          "\(tensor.type.name) holds rows of a multiple of \(tensor.type.blockSize) values, and "
            + "these have \(tensor.shape.last ?? 0)"
        )
      }
      header.append(string: tensor.name)
      header.append(UInt32(tensor.shape.count))
      for size in tensor.shape.reversed() { header.append(UInt64(size)) }
      header.append(tensor.type.rawValue)
      header.append(UInt64(offset))
      offset += Self.padded(count)
    }
    header += [UInt8](repeating: 0, count: Self.padded(header.count) - header.count)
    file = try FileWriter(path)
    try file.write(header)
  }

  /// Writes the next tensor, rounded to the planned type.
  ///
  /// - Throws: `FileError` when the type cannot hold its numbers, or writing fails.
  mutating func append(_ tensor: Tensor) throws {
    guard let plan = waiting.popFirst(), plan.shape == tensor.shape else {
      throw FileError(path, "expected another tensor than \(tensor) next")
    }
    try file.write([UInt8](repeating: 0, count: padding))
    try plan.type.stored(tensor, named: plan.name, in: path).withBytes { bytes in
      try file.write(bytes)
      padding = Self.padded(bytes.count) - bytes.count
    }
  }

  /// Syncs and closes the file.
  func finish() throws(FileError) {
    if let missing = waiting.first {
      throw FileError(path, at: missing.name, "was planned and never written")
    }
    try file.write([UInt8](repeating: 0, count: padding))
    try file.finish()
  }

  private static func padded(_ count: Int) -> Int {
    (count + GGUFFile.alignment - 1) / GGUFFile.alignment * GGUFFile.alignment
  }
}

extension [UInt8] {
  /// Appends a number, the least significant byte first.
  fileprivate mutating func append(_ number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  fileprivate mutating func append(string: String) {
    append(UInt64(string.utf8.count))
    append(contentsOf: string.utf8)
  }

  /// Appends a value with its type before it.
  fileprivate mutating func append(_ value: GGUFValue) {
    func begin(_ kind: GGUFValue.Kind, _ count: Int? = nil) {
      if let count {
        append(GGUFValue.Kind.array.rawValue)
        append(kind.rawValue)
        append(UInt64(count))
      } else {
        append(kind.rawValue)
      }
    }
    switch value {
    case .integer(let number, let kind):
      begin(kind)
      append(number, as: kind)
    case .real(let number, let kind):
      begin(kind)
      append(number, as: kind)
    case .bool(let flag):
      begin(.bool)
      append(flag ? 1 : 0 as UInt8)
    case .string(let text):
      begin(.string)
      append(string: text)
    case .integers(let numbers, let kind):
      begin(kind, numbers.count)
      for number in numbers { append(number, as: kind) }
    case .reals(let numbers, let kind):
      begin(kind, numbers.count)
      for number in numbers { append(number, as: kind) }
    case .bools(let flags):
      begin(.bool, flags.count)
      for flag in flags { append(flag ? 1 : 0 as UInt8) }
    case .strings(let texts):
      begin(.string, texts.count)
      for text in texts { append(string: text) }
    }
  }

  private mutating func append(_ number: Int, as kind: GGUFValue.Kind) {
    switch kind {
    case .uint8, .int8: append(UInt8(truncatingIfNeeded: number))
    case .uint16, .int16: append(UInt16(truncatingIfNeeded: number))
    case .uint64, .int64: append(UInt64(truncatingIfNeeded: number))
    default: append(UInt32(truncatingIfNeeded: number))
    }
  }

  private mutating func append(_ number: Double, as kind: GGUFValue.Kind) {
    if kind == .float64 { append(number.bitPattern) } else { append(Float(number).bitPattern) }
  }
}
