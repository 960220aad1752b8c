import BillhookCore

/// What stages made that is too large for a record, such as weights of trainings and repairs, and
/// predictions of the opened model: a folder for each, with what was made, or with checkpoints until
/// there is any, and a record of the stage's key.
final class Products {
  let path: String
  /// The most bytes of weights that are compared with their checksum; nil for all.
  private let mostChecked: Int?
  /// The files whose checksums were compared, as they were then.
  private var checked: [String: Mark] = [:]

  /// What identifies the version of a file of new weights.
  private struct Mark: Equatable {
    let identity: String
    let checksum: String
  }

  init(path: String, mostChecked: Int? = nil) {
    self.path = path
    self.mostChecked = mostChecked
  }

  /// The folder of a product; not made yet where it is a new one.
  func folder(of key: StageKey) -> String { "\(path)/\(key.hash)" }

  // MARK: New weights

  /// The checksum of a file of new weights.
  ///
  /// All of its bytes are read, once per run.
  func checksum(of file: String) throws -> String {
    let mapped = try MappedFile(file)
    let identity = mapped.identityText
    if let mark = checked[file], mark.identity == identity { return mark.checksum }
    var sum = Checksum()
    mapped.withBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: 1 << 24) {
        let part = start..<min(start + 1 << 24, bytes.count)
        sum.take(UnsafeRawBufferPointer(rebasing: bytes[part]))
        mapped.advise(part, .notForNow)
      }
    }
    try mapped.checkUnchanged()
    checked[file] = Mark(identity: identity, checksum: sum.hex)
    return sum.hex
  }

  /// Whether a file is as a training left it; where it is only looked at, a large one is taken to
  /// be.
  func holds(_ file: String, checksum: String) -> Bool {
    guard let mapped = try? MappedFile(file) else { return false }
    if let mostChecked, mapped.byteCount > mostChecked { return true }
    return (try? self.checksum(of: file)) == checksum
  }

  /// Whether a file of a training's folder has a name that trainings write under: weights,
  /// predictions, checkpoints and their log, and hidden states that wait on disk.
  static func isOfTraining(_ name: String) -> Bool {
    let ending = FileSystem.unfinished
    let name = name.hasSuffix(ending) ? name.dropLast(ending.count) : name[...]
    return written.contains { stem, ending in
      name.hasPrefix(stem) && name.hasSuffix(".\(ending)")
        && name.dropFirst(stem.count).dropLast(ending.count + 1).allSatisfy {
          $0 == "-" || $0.isWholeNumber
        }
    }
  }

  /// The names of those files, after which there may be numbers.
  private static let written = [
    ("weights", "safetensors"), ("checkpoint", "safetensors"), ("best", "safetensors"),
    ("log", "jsonl"), ("block", "safetensors"), ("block", "json"), ("masked", "safetensors"),
    ("repaired", "safetensors"), ("quantised", "safetensors"),
    ("spilled", "bin"), ("likeliest", "safetensors"),
    ("predictions", "safetensors"), ("passes", "safetensors"),
  ]

  // MARK: The same work on another engine

  /// The file of a folder that holds the key of its stage.
  static let keyName = "key.json"

  /// A training that did the same work, and was computed by another build, machine or number of
  /// threads.
  struct Alike {
    /// What computed it.
    let engine: JSON
    /// Whether it was trained to its end; else there is a checkpoint.
    let isFinished: Bool
  }

  /// Writes down the key of a training before it begins.
  func begin(_ key: StageKey) throws {
    try FileSystem.makeDirectory(folder(of: key))
    let members = [
      JSON.Member(key: "work", value: .string(key.workHash)),
      JSON.Member(key: "engine", value: key.engine),
    ]
    try FileSystem.write(
      Array(SealedDocument.text(members).utf8),
      to: "\(folder(of: key))/\(Self.keyName)"
    )
  }

  /// Trainings of the same work that another engine finished or left a checkpoint of, unless this
  /// training itself has one.
  func alike(_ key: StageKey, in store: StageStore) -> [Alike] {
    func hasCheckpoint(_ folder: String) -> Bool {
      FileSystem.exists("\(folder)/\(TrainingCheckpoint.fileName)")
    }
    guard !hasCheckpoint(folder(of: key)) else { return [] }
    let names = (try? FileSystem.names(in: path)) ?? []
    return names.filter { $0 != key.hash }.compactMap { name in
      let folder = "\(path)/\(name)"
      guard let bytes = try? FileSystem.read("\(folder)/\(Self.keyName)"),
        let known = SealedDocument.open(bytes), known["work"]?.string == key.workHash,
        let engine = known["engine"]
      else { return nil }
      let isFinished = store.hasResult(of: name)
      guard isFinished || hasCheckpoint(folder) else { return nil }
      return Alike(engine: engine, isFinished: isFinished)
    }
  }

  /// Removes what a training only needed to resume, and nothing that somebody else put there.
  func clear(_ key: StageKey, keeping names: [String]) throws {
    let folder = folder(of: key)
    guard FileSystem.isDirectory(folder) else { return }
    for name in try FileSystem.names(in: folder)
    where Self.isOfTraining(name) && !names.contains(name) {
      try FileSystem.remove("\(folder)/\(name)")
    }
  }
}

extension Products.Alike {
  /// What the user should know before the same work is done again on this engine.
  func note(_ key: StageKey) -> String {
    var differences: [String] = []
    for member in key.engine.members ?? [] where member.key != "processes" {
      guard let other = engine[member.key], other != member.value else { continue }
      differences.append(
        member.key == "build"
          ? "another build of billhook"
          : "\(member.key) \(Self.text(other)), now \(Self.text(member.value))"
      )
    }
    let (mine, other) = (key.engine["processes"]?.int ?? 1, engine["processes"]?.int ?? 1)
    if mine != other { differences.append("processes \(other), now \(mine)") }
    let state = isFinished ? "was finished" : "was begun and has a checkpoint"
    let threads = engine["threads"].map(Self.text)
    let remedy =
      threads != nil && differences.count == 1 && engine["threads"] != key.engine["threads"]
      ? "; `--threads \(threads ?? "")` goes on with it" : ""
    return "the same training \(state) under other conditions: "
      + "\(differences.joined(separator: ", ")); these change the last digits, so it begins anew"
      + remedy
  }

  private static func text(_ value: JSON) -> String { value.string ?? value.text(indent: nil) }
}
