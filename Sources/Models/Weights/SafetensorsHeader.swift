import BillhookTorch

/// The table of contents of a safetensors file.
///
/// Layout: the length of the header as 8 bytes, least significant first; the header as JSON; the
/// tensors, one right after the other.
struct SafetensorsHeader {
  /// Where a tensor lies in the file.
  struct Entry {
    let name: String
    let dtype: DType
    let shape: [Int]
    /// Offsets from the start of the file.
    let bytes: Range<Int>
  }

  let entries: [Entry]

  /// Headers beyond this are refused, as by the format's own library.
  private static let longestHeader = 100_000_000

  /// Reads and checks the header: every tensor lies in the file, none overlaps another, and no
  /// byte is left over.
  init(of file: MappedFile) throws(ModelError) {
    let path = file.path
    guard file.byteCount >= 8 else {
      throw ModelError(path, "is too short for a safetensors file: \(file.byteCount) bytes")
    }
    let length = file.withBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(min(Self.longestHeader, file.byteCount - 8)) else {
      throw ModelError(
        path,
        "the header says that it is \(length) bytes long, but only \(file.byteCount - 8) follow; "
          + "the file is cut short or no safetensors file"
      )
    }
    let start = 8 + Int(length)
    let members = try Self.members(file, in: 8..<start)
    var entries: [Entry] = []
    for member in members where member.key != "__metadata__" {
      entries.append(
        try Self.entry(member.key, member.value, path: path, data: start..<file.byteCount)
      )
    }
    try Self.checkNoGaps(entries, path: path, data: start..<file.byteCount)
    self.entries = entries
  }

  private static func members(_ file: MappedFile, in range: Range<Int>) throws(ModelError)
    -> [JSON.Member]
  {
    do {
      let json = try file.withBytes { (bytes) throws(JSONError) in
        try JSON(parsing: bytes[range])
      }
      guard let members = json.members else {
        throw ModelError(file.path, "expected an object as header, found \(json.kind)")
      }
      return members
    } catch let error as JSONError {
      throw ModelError(file.path, "the header is no valid JSON: \(error)")
    } catch let error as ModelError {
      throw error
    } catch {
      throw ModelError(file.path, "\(error)")
    }
  }

  private static func entry(
    _ name: String,
    _ json: JSON,
    path: String,
    data: Range<Int>
  ) throws(ModelError) -> Entry {
    guard let code = json["dtype"]?.string else {
      throw ModelError(path, at: name, "has no `dtype`")
    }
    guard let dtype = DType(safetensors: code) else {
      throw ModelError(
        path,
        at: name,
        "has the dtype \(code), which is not supported; supported are "
          + DType.allCases.map(\.safetensors).joined(separator: ", ")
      )
    }
    let shape = json["shape"]?.array?.compactMap(\.int)
    guard let shape, shape.count == json["shape"]?.array?.count, shape.allSatisfy({ $0 >= 0 })
    else {
      throw ModelError(path, at: name, "has no `shape` of whole numbers")
    }
    let offsets = json["data_offsets"]?.array?.compactMap(\.int) ?? []
    guard offsets.count == 2, 0 <= offsets[0], offsets[0] <= offsets[1], offsets[1] <= data.count
    else {
      throw ModelError(
        path,
        at: name,
        "`data_offsets` must be two rising offsets within the \(data.count) bytes of data; "
          + "the file is cut short or damaged"
      )
    }
    guard let size = byteCount(shape, dtype), size == offsets[1] - offsets[0] else {
      throw ModelError(
        path,
        at: name,
        "\(offsets[1] - offsets[0]) bytes do not hold the shape \(shape) in \(code)"
      )
    }
    let bytes = data.lowerBound + offsets[0]..<data.lowerBound + offsets[1]
    return Entry(name: name, dtype: dtype, shape: shape, bytes: bytes)
  }

  private static func checkNoGaps(_ entries: [Entry], path: String, data: Range<Int>)
    throws(ModelError)
  {
    var end = data.lowerBound
    for entry in entries.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
      guard entry.bytes.lowerBound == end else {
        throw ModelError(path, at: entry.name, "overlaps another tensor, or leaves a gap to it")
      }
      end = entry.bytes.upperBound
    }
    guard end == data.upperBound else {
      throw ModelError(path, "\(data.upperBound - end) bytes at its end belong to no tensor")
    }
  }

  /// The bytes that a shape takes; nil when the number does not fit.
  private static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    var count = dtype.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      count = product
    }
    return count
  }
}

extension DType {
  /// The format's name for the type.
  var safetensors: String {
    switch self {
    case .float32: "F32"
    case .float64: "F64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int64: "I64"
    case .int32: "I32"
    case .int16: "I16"
    case .int8: "I8"
    case .uint8: "U8"
    case .bool: "BOOL"
    }
  }

  init?(safetensors code: String) {
    guard let dtype = Self.allCases.first(where: { $0.safetensors == code }) else { return nil }
    self = dtype
  }
}
