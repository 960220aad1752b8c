import BillhookFiles
import BillhookTorch

/// A memory-mapped GGUF file: its metadata, and tensors that cost memory only when they are read.
///
/// Layout: the magic word, version and counts; the metadata, a typed value for each key; name, sizes
/// (the length of a row first), type and offset of each tensor; the tensors, aligned.
/// Source: the GGUF specification of ggml, `docs/gguf.md`; versions 2 and 3.
struct GGUFFile: Sendable {
  /// A tensor's type, its shape with the length of a row last, and its bytes in the file.
  struct Entry: Sendable {
    let type: GGUFTensorType
    let shape: [Int]
    let bytes: Range<Int>
  }

  private let file: MappedFile
  /// The metadata.
  let metadata: [String: GGUFValue]
  /// The tensors by their names.
  let entries: [String: Entry]

  /// The names of files of this format end so.
  static let suffix = ".gguf"
  static let magic = Array("GGUF".utf8)
  static let alignmentKey = "general.alignment"
  static let alignment = 32
  private static let mostDimensions = 4
  private static let largestAlignment = 1 << 20

  /// Maps a file and reads its header: every tensor is inside the file, and none overlaps another.
  ///
  /// - Throws: `FileError` that says what is wrong with the file.
  init(_ path: String) throws(FileError) {
    file = try MappedFile(path)
    var cursor = GGUFCursor(file)
    guard file.byteCount >= 24, try Array(cursor.bytes(4)) == Self.magic else {
      throw cursor.error("is not a GGUF file: it does not begin with \"GGUF\"")
    }
    let version = try cursor.uint32()
    guard version == 2 || version == 3 else {
      throw cursor.error(
        "has version \(version) of GGUF, or is for machines of the other byte order; versions 2 and 3 "
          + "are read, the least significant byte first"
      )
    }
    // The least that an entry takes: a name of one byte, and what has to stand beside it.
    let tensors = try cursor.count(of: "tensors", each: 33)
    let values = try cursor.count(of: "values", each: 14)
    var metadata: [String: GGUFValue] = [:]
    for _ in 0..<values {
      let key = try cursor.string()
      guard metadata[key] == nil else {
        throw FileError(path, at: key.shown(atMost: 100), "is there twice")
      }
      metadata[key] = try cursor.value()
    }
    self.metadata = metadata
    entries = try Self.entries(tensors, &cursor, alignment: Self.alignment(of: metadata, path))
  }

  /// The path of the file.
  var path: String { file.path }

  /// The tensor in the type in which it is computed with: over the mapped file, or a copy where it is
  /// quantised or not aligned.
  ///
  /// - Throws: `FileError` when the file has no such tensor, or was changed since it was opened.
  func tensor(_ name: String) throws(FileError) -> Tensor {
    guard let entry = entries[name] else {
      throw FileError(path, at: name, "there is no such tensor in the file")
    }
    guard entry.type.isQuantized else {
      return try file.tensor(name, at: entry.bytes, shape: entry.shape, dtype: entry.type.dtype)
    }
    return try file.tensor(name, at: entry.bytes) { (bytes) throws(TorchError) in
      guard !bytes.isEmpty else { return try Tensor.zeros(entry.shape, dtype: entry.type.dtype) }
      return try BlockQuantization(entry.type).values(of: bytes, shape: entry.shape)
    }
  }

  /// Says when the bytes of a tensor will be needed, or that they are not for now.
  func advise(_ name: String, _ advice: MappedFile.Advice) {
    if let entry = entries[name] { file.advise(entry.bytes, advice) }
  }

  private static func alignment(of metadata: [String: GGUFValue], _ path: String)
    throws(FileError) -> Int
  {
    guard let value = metadata[alignmentKey] else { return alignment }
    guard let found = value.count, found >= 8, found & (found - 1) == 0, found <= largestAlignment
    else {
      throw FileError(
        path,
        at: alignmentKey,
        "expected a power of two from 8 to \(largestAlignment), found \(value.shown)"
      )
    }
    return found
  }

  private static func entries(_ count: Int, _ cursor: inout GGUFCursor, alignment: Int)
    throws(FileError) -> [String: Entry]
  {
    var plans: [(name: String, type: GGUFTensorType, shape: [Int], offset: Int)] = []
    for _ in 0..<count {
      let name = try cursor.string()
      let place = name.shown(atMost: 100)
      let dimensions = Int(try cursor.uint32())
      guard (1...mostDimensions).contains(dimensions) else {
        throw FileError(
          cursor.file.path,
          at: place,
          "has \(dimensions) dimensions, expected 1 to \(mostDimensions)"
        )
      }
      var shape: [Int] = []
      for _ in 0..<dimensions { shape.insert(try cursor.size(), at: 0) }
      let code = try cursor.uint32()
      guard let type = GGUFTensorType(rawValue: code) else {
        let known = GGUFTensorType.allCases.map(\.name).joined(separator: ", ")
        throw FileError(
          cursor.file.path,
          at: place,
          "is of type \(GGUFTensorType.name(of: code)), which is not read; read are \(known)"
        )
      }
      plans.append((name, type, shape, try cursor.size()))
    }
    let data = (cursor.position + alignment - 1) / alignment * alignment
    var entries: [String: Entry] = [:]
    for (name, type, shape, offset) in plans {
      let place = name.shown(atMost: 100)
      func error(_ message: String) -> FileError {
        FileError(cursor.file.path, at: place, message)
      }
      guard let bytes = type.byteCount(of: shape) else {
        throw error("has the shape \(shape), which \(type.name) cannot hold")
      }
      let (start, overflows) = data.addingReportingOverflow(offset)
      guard !overflows, offset % alignment == 0 else {
        throw error("begins at \(offset), expected a multiple of \(alignment)")
      }
      guard start <= cursor.file.byteCount, bytes <= cursor.file.byteCount - start else {
        throw error(
          "takes \(bytes) bytes from \(offset) on, which the file does not have; it is cut short"
        )
      }
      let entry = Entry(type: type, shape: shape, bytes: start..<start + bytes)
      guard entries.updateValue(entry, forKey: name) == nil else {
        throw error("another tensor has the same name")
      }
    }
    try checkNoOverlap(entries, cursor.file.path)
    return entries
  }

  private static func checkNoOverlap(_ entries: [String: Entry], _ path: String)
    throws(FileError)
  {
    let sorted = entries.filter { !$0.value.bytes.isEmpty }
      .sorted { $0.value.bytes.lowerBound < $1.value.bytes.lowerBound }
    for (before, after) in zip(sorted, sorted.dropFirst())
    where after.value.bytes.lowerBound < before.value.bytes.upperBound {
      throw FileError(
        path,
        at: after.key.shown(atMost: 100),
        "overlaps \(before.key.shown(atMost: 100))"
      )
    }
  }
}
