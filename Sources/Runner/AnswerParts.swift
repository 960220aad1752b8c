import BillhookCore

/// The rows of a file that is written little by little: parts of it lie in a folder beside it until all
/// are there.
///
/// The folder says what the rows depend on. A file, or a folder, that is not of this work is never
/// touched.
struct AnswerParts {
  private let path: String
  private let folder: String
  private static let keyName = "generate.json"

  /// Begins, or takes up what an earlier call with the same key left.
  ///
  /// - Throws: `DataError` where the file exists, or the folder is of another work.
  init(_ path: String, key: JSON) throws {
    self.path = path
    folder = "\(path).parts"
    guard !FileSystem.exists(path) else {
      throw DataError("\(path) exists; it is not changed: move it away, or choose another --out")
    }
    let keyPath = "\(folder)/\(Self.keyName)"
    guard FileSystem.exists(folder) else {
      try FileSystem.makeDirectory(folder)
      try FileSystem.write(Array(key.text(indent: 2).utf8), to: keyPath)
      return
    }
    guard FileSystem.exists(keyPath), let known = try? JSON(contentsOf: keyPath) else {
      throw DataError("\(folder) exists and was not written by `generate`; choose another --out")
    }
    guard known != key else { return }
    let changed = (key.members ?? []).filter { known[$0.key] != $0.value }.map(\.key)
    throw DataError(
      "\(folder) holds answers of another call (other: \(changed.joined(separator: ", "))); remove it, or "
        + "choose another --out"
    )
  }

  private func place(_ start: Int) -> String { "\(folder)/\(start).jsonl" }

  /// Whether the rows from an index on are there.
  func has(_ start: Int) -> Bool { FileSystem.exists(place(start)) }

  /// Writes the rows from an index on.
  func write(_ rows: [String], at start: Int) throws {
    try FileSystem.write(Array(rows.joined().utf8), to: place(start))
  }

  /// Makes the file of all parts, and removes them.
  func join(_ starts: [Int]) throws {
    let whole = "\(folder)/whole.jsonl"
    if FileSystem.exists(whole) { try FileSystem.remove(whole) }
    let writer = try FileWriter(whole)
    for start in starts { try writer.write(FileSystem.read(place(start), atMost: .max)) }
    try writer.finish()
    guard !FileSystem.exists(path) else {
      throw DataError("\(path) was made meanwhile; the answers stay in \(whole)")
    }
    try FileSystem.rename(whole, to: path)
    for start in starts { try FileSystem.remove(place(start)) }
    try FileSystem.remove("\(folder)/\(Self.keyName)")
    _ = FileSystem.removeEmptyDirectory(folder)
  }

  /// What tells a model from another: the names and the contents of its files, or the contents of the one
  /// that it is.
  static func identity(ofModelAt place: String) throws -> JSON {
    var sum = Checksum()
    guard FileSystem.isDirectory(place) else {
      try MappedFile(place).withBytes { sum.take($0) }
      return .string(sum.hex)
    }
    for name in try FileSystem.names(in: place).sorted() {
      let path = "\(place)/\(name)"
      guard FileSystem.size(ofFile: path) != nil, !FileSystem.isDirectory(path) else { continue }
      sum.take(name)
      try MappedFile(path).withBytes { sum.take($0) }
    }
    return .string(sum.hex)
  }
}
