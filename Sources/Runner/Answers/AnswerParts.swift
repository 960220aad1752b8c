import BillhookCore
import BillhookPipeline
import Foundation

/// The rows of a file that is written little by little: parts of it lie in a folder beside it until all
/// are there.
///
/// The folder says what the rows depend on, and once all are there, what the file is known by. So a call
/// that was killed at any moment is gone on with, or cleared up after. A file, or a folder, that is not of
/// this work is never touched.
struct AnswerParts {
  private let path: String
  private let folder: String
  private let key: JSON
  /// Whether an earlier call made the file, and had only to clear up.
  let isDone: Bool
  /// Held as long as this call may write.
  private let lock: FileLock

  private static let lockName = "lock"
  private static let keyName = "generate.json"
  private static let wholeName = "whole.jsonl"

  /// Begins, or takes up what an earlier call with the same key left.
  ///
  /// - Throws: `DataError` where the file exists, the folder is of another work, or another call writes there.
  init(_ path: String, key: JSON) throws {
    self.path = path
    self.key = key
    folder = "\(path).parts"
    let taken = DataError(
      "\(path) exists; it is not changed: move it away, or choose another --out"
    )
    // Nothing is written into a folder of somebody else.
    _ = try Self.known(in: folder)
    guard !FileSystem.exists(path) || FileSystem.exists(folder) else { throw taken }
    try FileSystem.makeDirectory(folder)
    guard let lock = try FileLock("\(folder)/\(Self.lockName)") else {
      throw DataError("another call is writing \(path); wait for it, or choose another --out")
    }
    self.lock = lock
    let known = try Self.known(in: folder)
    guard !FileSystem.exists(path) else {
      let isMade = try Self.made(path, known)
      isDone = isMade && known?["key"] == key
      if known == nil || isMade { try Self.clear(folder) }
      guard isDone else { throw taken }
      return
    }
    isDone = false
    guard let known else {
      try write(known: ["key": key])
      return
    }
    guard let other = known["key"], other != key else { return }
    let changed = (key.members ?? []).filter { other[$0.key] != $0.value }.map(\.key)
    throw DataError(
      "\(folder) holds answers of another call (other: \(changed.joined(separator: ", "))); remove it, or "
        + "choose another --out"
    )
  }

  /// What a folder says of itself; nil where there is none, or a call was killed before it said anything.
  private static func known(in folder: String) throws -> JSON? {
    guard FileSystem.exists(folder) else { return nil }
    let path = "\(folder)/\(keyName)"
    if FileSystem.exists(path) {
      let known = try JSON(contentsOf: path)
      if known["key"] != nil { return known }
    }
    guard FileSystem.isDirectory(folder),
      try FileSystem.names(in: folder).allSatisfy({
        [keyName + FileSystem.unfinished, lockName].contains($0)
      })
    else {
      throw DataError("\(folder) exists and was not written by `generate`; choose another --out")
    }
    return nil
  }

  /// Whether a file is what the folder's parts made.
  private static func made(_ path: String, _ known: JSON?) throws -> Bool {
    guard let sum = known?["whole"]?.string else { return false }
    return try sum == Checksum(ofFile: path).hex
  }

  private func write(known: JSON) throws {
    try FileSystem.write(Array(known.text(indent: 2).utf8), to: "\(folder)/\(Self.keyName)")
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
    let whole = "\(folder)/\(Self.wholeName)"
    try FileSystem.remove(whole)
    let writer = try FileWriter(whole)
    for start in starts { try writer.write(FileSystem.read(place(start), atMost: .max)) }
    try writer.finish()
    try write(known: ["key": key, "whole": .string(Checksum(ofFile: whole).hex)])
    guard !FileSystem.exists(path) else {
      throw DataError("\(path) was made meanwhile; the answers stay in \(whole)")
    }
    try FileSystem.rename(whole, to: path)
    try Self.clear(folder)
  }

  /// Removes what calls write into the folder, the file that says so last, and the folder if that was all.
  private static func clear(_ folder: String) throws {
    let ends = [".jsonl", ".jsonl" + FileSystem.unfinished]
    for name in try FileSystem.names(in: folder)
    where ends.contains(where: { name.hasSuffix($0) && Int(name.dropLast($0.count)) != nil }) {
      try FileSystem.remove("\(folder)/\(name)")
    }
    for name in [keyName + FileSystem.unfinished, keyName, lockName] {
      try FileSystem.remove("\(folder)/\(name)")
    }
    _ = FileSystem.removeEmptyDirectory(folder)
  }

  /// What tells a model from another: the contents of the files that it is opened from, and of those that
  /// say how it reads and writes text.
  static func identity(ofModelAt place: String) throws -> JSON {
    var files = try ModelStep.files(inModel: place)
    if FileSystem.isDirectory(place) {
      let textual = ["tokenizer.json", "generation_config.json"] + ChatTemplate.files
      files += textual.map { "\(place)/\($0)" }
    }
    var sum = Checksum()
    for file in files where FileSystem.size(ofFile: file) != nil {
      sum.take(String(file.dropFirst(place.count)))
      try MappedFile(file).withBytes { sum.take($0) }
    }
    return .string(sum.hex)
  }
}
