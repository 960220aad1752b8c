import BillhookCore

/// What decides the result of a stage, and nothing else.
package struct StageKey {
  /// What the stage does, for example `scores`.
  let stage: String
  /// What computes it: the build and the machine.
  let engine: JSON
  /// Everything else that its result depends on.
  let parts: JSON
  /// The same parts, with earlier trainings of the model identified by their work: equal for the
  /// same work on another engine.
  let work: JSON

  /// The key in hexadecimal digits.
  var hash: String { SHA256.hex(json.text(indent: nil)) }

  /// The hash of the work, whatever engine computes it, in hexadecimal digits.
  var workHash: String {
    SHA256.hex(JSON.array([.string(stage), work]).text(indent: nil))
  }

  /// Everything that the result depends on.
  var json: JSON { [.string(stage), engine, parts] }
}

/// What stages found, a file for each, written when the stage was over.
struct StageStore {
  let path: String
  /// Called with a note for the user where a file is damaged.
  var heedDamage: (String) -> Void = { _ in }
  /// The processes that look together: they find what process 0 has.
  var processes = ProcessGroup.alone

  /// What a stage with this key found; nil when there was none yet, or what there is was damaged.
  ///
  /// - Throws: What tells that another process failed, or does other work.
  func result(of key: StageKey) throws -> JSON? {
    guard processes.size > 1 else { return ownResult(of: key) }
    try processes.meet(at: "\(key.stage) \(key.hash)")
    let own = processes.leads ? ownResult(of: key) : nil
    let found = try processes.broadcast(bytes: own.map { Array($0.text(indent: nil).utf8) })
    return try processes.leads ? own : found.map { try JSON(parsing: $0) }
  }

  private func ownResult(of key: StageKey) -> JSON? {
    let file = file(key)
    guard FileSystem.exists(file) else { return nil }
    guard let bytes = try? FileSystem.read(file), let found = SealedDocument.open(bytes),
      found["of"] == key.json, let result = found["result"]
    else {
      refuse(key)
      return nil
    }
    return result
  }

  /// Reports that what a stage found cannot be used.
  func refuse(_ key: StageKey) {
    heedDamage("\(file(key)): is damaged, so it is not used, and what it held is computed again")
  }

  /// Whether a stage with this key ever finished.
  func hasResult(of hash: String) -> Bool { FileSystem.exists("\(path)/\(hash).json") }

  /// Keeps what a stage found.
  func keep(_ result: JSON, of key: StageKey) throws {
    try FileSystem.makeDirectory(path)
    let members = [
      JSON.Member(key: "stage", value: .string(key.stage)),
      JSON.Member(key: "of", value: key.json), JSON.Member(key: "result", value: result),
    ]
    try FileSystem.write(Array(SealedDocument.text(members).utf8), to: file(key))
  }

  private func file(_ key: StageKey) -> String { "\(path)/\(key.hash).json" }
}
