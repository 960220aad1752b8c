import BillhookModels

/// What decides the result of a stage, and nothing else.
struct StageKey {
  /// What the stage does, for example `scores`.
  let stage: String
  /// Everything that its result depends on.
  let parts: JSON

  /// The key in hexadecimal digits.
  var hash: String { SHA256.hex(JSON.array([.string(stage), parts]).text(indent: nil)) }
}

/// What stages found, a file for each, written when the stage was over.
struct StageStore {
  let path: String

  /// What a stage with this key found; nil when there was none yet.
  func result(of key: StageKey) -> JSON? {
    guard let bytes = try? FileSystem.read(file(key)), let json = try? JSON(parsing: bytes) else {
      return nil
    }
    return json["result"]
  }

  /// Keeps what a stage found.
  func keep(_ result: JSON, of key: StageKey) throws {
    try FileSystem.makeDirectory(path)
    let json: JSON = ["stage": .string(key.stage), "of": key.parts, "result": result]
    try FileSystem.write(Array((json.text() + "\n").utf8), to: file(key))
  }

  private func file(_ key: StageKey) -> String { "\(path)/\(key.hash).json" }
}
