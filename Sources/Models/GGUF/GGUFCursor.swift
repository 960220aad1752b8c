import BillhookFiles

/// Reads the header of a GGUF file from its beginning; nothing is taken by the file's word.
struct GGUFCursor {
  let file: MappedFile
  private(set) var position = 0
  private var piece: [UInt8] = []
  private var start = 0

  /// Headers beyond this are refused; those of the largest vocabularies have some twenty megabytes.
  private static let longest = 1 << 28
  private static let pieceSize = 1 << 20

  init(_ file: MappedFile) { self.file = file }

  /// The bytes that a header may still have.
  var left: Int { min(file.byteCount, Self.longest) - position }

  /// The next bytes.
  mutating func bytes(_ count: Int) throws(FileError) -> ArraySlice<UInt8> {
    guard count <= left else {
      throw error("is cut short, or its header is longer than \(Self.longest) bytes")
    }
    if position < start || position + count > start + piece.count {
      start = position
      piece = try file.copy(of: start..<min(file.byteCount, start + max(count, Self.pieceSize)))
    }
    defer { position += count }
    return piece[(position - start)..<(position - start + count)]
  }

  /// The next bytes as a number, the least significant first.
  private mutating func bits(_ count: Int) throws(FileError) -> UInt64 {
    try bytes(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func uint32() throws(FileError) -> UInt32 {
    UInt32(truncatingIfNeeded: try bits(4))
  }

  /// A number of things, each of which takes some bytes of the file.
  mutating func count(of what: String, each size: Int) throws(FileError) -> Int {
    let found = try bits(8)
    guard found <= UInt64(max(0, left) / max(1, size)) else {
      throw error("claims \(found) \(what), for which it has not enough bytes")
    }
    return Int(found)
  }

  /// An offset or a size, which may be anything.
  mutating func size() throws(FileError) -> Int {
    let found = try bits(8)
    guard let size = Int(exactly: found) else { throw error("has a size of \(found)") }
    return size
  }

  mutating func string() throws(FileError) -> String {
    let count = try count(of: "bytes of a string", each: 1)
    let bytes = try bytes(count)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error("has a string that is not UTF-8, at byte \(position - count)")
    }
    return text
  }

  /// A value with its type before it.
  mutating func value() throws(FileError) -> GGUFValue {
    let kind = try kind()
    guard kind == .array else { return try value(of: kind) }
    let element = try self.kind()
    guard element != .array else { throw error("has an array of arrays, which is not read") }
    let count = try count(of: "elements of an array", each: element.byteCount ?? 8)
    switch element {
    case .bool:
      var flags: [Bool] = []
      for _ in 0..<count { flags.append(try bits(1) != 0) }
      return .bools(flags)
    case .string:
      var texts: [String] = []
      for _ in 0..<count { texts.append(try string()) }
      return .strings(texts)
    case .float32, .float64:
      var values: [Double] = []
      for _ in 0..<count { values.append(try real(element)) }
      return .reals(values, element)
    default:
      var values: [Int] = []
      for _ in 0..<count { values.append(try integer(element)) }
      return .integers(values, element)
    }
  }

  private mutating func kind() throws(FileError) -> GGUFValue.Kind {
    let code = try uint32()
    guard let kind = GGUFValue.Kind(rawValue: code) else {
      throw error("has a value of the unknown type \(code)")
    }
    return kind
  }

  private mutating func value(of kind: GGUFValue.Kind) throws(FileError) -> GGUFValue {
    switch kind {
    case .bool: .bool(try bits(1) != 0)
    case .string: .string(try string())
    case .float32, .float64: .real(try real(kind), kind)
    default: .integer(try integer(kind), kind)
    }
  }

  private mutating func real(_ kind: GGUFValue.Kind) throws(FileError) -> Double {
    if kind == .float64 { return Double(bitPattern: try bits(8)) }
    let value = Float(bitPattern: try uint32())
    return value.isFinite ? GGUFValue.shortest(Double(value)) : Double(value)
  }

  private mutating func integer(_ kind: GGUFValue.Kind) throws(FileError) -> Int {
    let bits = try bits(kind.byteCount ?? 8)
    switch kind {
    case .int8: return Int(Int8(truncatingIfNeeded: bits))
    case .int16: return Int(Int16(truncatingIfNeeded: bits))
    case .int32: return Int(Int32(truncatingIfNeeded: bits))
    case .int64: return Int(Int64(bitPattern: bits))
    default:
      guard let value = Int(exactly: bits) else { throw error("has the number \(bits)") }
      return value
    }
  }

  func error(_ message: String) -> FileError { FileError(file.path, message) }
}
