import Synchronization
import TestSupport
import Testing

@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline

/// What is kept under a key was computed from what the key says, whatever is done to files meanwhile.
@Suite struct ChangedFileTests {
  private static let text = """
    data words = text "text.txt" { length = 16, samples = 6 }
    prune block { by magnitude, remove 1, keep first 1 last 1 }
    evaluate perplexity on words
    """
  private static let other = Array(String(repeating: "Nothing of it is left now. ", count: 20).utf8)

  /// Changes a file when a stage is over; once.
  private static func changing(
    _ path: String,
    after stage: String,
    _ change: @escaping @Sendable (String) throws -> Void
  ) -> @Sendable (ProgressEvent) -> Void {
    let isDone = Mutex(false)
    return { event in
      guard case .ended(let name, _, _) = event, name.hasPrefix(stage) else { return }
      isDone.withLock { isDone in
        if !isDone { try? change(path) }
        isDone = true
      }
    }
  }

  private static let changes: [String: @Sendable (String) throws -> Void] = [
    "replaced": { try FileSystem.write(other, to: $0) },
    "removed": { try FileSystem.remove($0) },
    "rewritten": { path in
      try FileSystem.remove(path)
      try FileSystem.write(other, to: path)
    },
  ]

  /// The text is read after the first stage, and was hashed before it.
  @Test(arguments: ["replaced", "removed", "rewritten"], ["text.txt", "model/tokenizer.json"])
  func dataThatChangesBeforeItIsReadIsAnError(change: String, file: String) throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.text, in: folder)
      let truth = try run.run(in: "other").values
      let path = "\(folder)/\(file)"
      let original = try FileSystem.read(path)
      let body = try #require(Self.changes[change])
      let error = #expect(throws: StepError.self) {
        try run.run(hearing: Self.changing(path, after: "cut", body))
      }
      #expect(error?.message.contains(file) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("while this run was busy") == true)
      // And put back: nothing of the other text was kept.
      try FileSystem.write(original, to: path)
      #expect(try run.run().values == truth)
      #expect(try run.run().computed == ["selection: remove 1, keep first 1 last 1", "cut"])
    }
  }

  /// A file beside the tokenizer that was not there when keys were made.
  @Test func aFileThatComesToBeIsAnError() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.text, in: folder)
      let path = "\(folder)/model/tokenizer_config.json"
      let original = try FileSystem.read(path)
      try FileSystem.remove(path)
      let error = #expect(throws: StepError.self) {
        try run.run(
          hearing: Self.changing(path, after: "cut") { try FileSystem.write(original, to: $0) }
        )
      }
      #expect(error?.message.contains("tokenizer_config.json: was added while") == true)
    }
  }

  /// Reads its documents, with something happening to the file at that moment.
  struct Disturbed: DataSource {
    static let name = "disturbed"
    static let summary = "A text that is changed while it is read."
    static let parameters = [Parameter<Self>.argument("file", \.file, help: "the file")]
    static let happens = Mutex<(@Sendable (String) throws -> Void)?>(nil)

    var file = InputFile()

    func documents() throws -> [Document] {
      try Self.happens.withLock { try $0?(file.path) }
      return [.text(try TextReader.text(file.path))]
    }
  }

  /// In the place of the file during the reading alone: its hash is right before and after.
  @Test func aFileThatIsAnotherOneOnlyWhileItIsReadIsAnError() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        "data words = disturbed \"text.txt\" { length = 16 }\nevaluate perplexity on words",
        in: folder,
        plugins: [Disturbed.self]
      )
      let original = try FileSystem.read("\(folder)/text.txt")
      Disturbed.happens.withLock {
        $0 = { path in
          try FileSystem.write(Self.other, to: path)
          try FileSystem.write(original, to: path)
        }
      }
      defer { Disturbed.happens.withLock { $0 = nil } }
      let error = #expect(throws: StepError.self) { try run.run() }
      #expect(error?.message.contains("text.txt: was changed while it was read") == true)
      #expect(try run.files("stages") == [])
    }
  }

  /// Weights are read all along; the last change comes after the last of them was read.
  @Test(arguments: ["model.safetensors", "config.json"])
  func aModelThatChangesWhileItIsMeasuredIsAnError(file: String) throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        "data words = text \"text.txt\" { length = 16 }\nevaluate perplexity on words",
        in: folder
      )
      let path = "\(folder)/model/\(file)"
      let bytes = try FileSystem.read(path)
      let error = #expect(throws: StepError.self) {
        try run.run { event in
          guard case .advanced(let done, let count) = event, done == count else { return }
          try? FileSystem.write(bytes, to: path)
        }
      }
      #expect(error?.message.contains(file) == true, "\(error?.message ?? "")")
      #expect(error?.message.contains("changed while it was") == true)
      #expect(try run.files("stages") == [])
    }
  }

  /// A file of scores that a criterion reads long after its hash was taken.
  @Test func scoresThatChangeAreAnError() throws {
    try Fixture.withFolder { folder in
      let rows = (0..<12).map { "\($0),\(12 - $0)" }
      let scores = Array((["unit,score"] + rows).joined(separator: "\n").utf8)
      try FileSystem.write(scores, to: "\(folder)/scores.csv")
      let run = try StoreRun(
        """
        score block { by magnitude }
        prune block { by scores "scores.csv", remove 1 }
        """,
        in: folder
      )
      let error = #expect(throws: StepError.self) {
        try run.run(
          hearing: Self.changing("\(folder)/scores.csv", after: "scores by magnitude") {
            try FileSystem.write(Array(scores.reversed()), to: $0)
          }
        )
      }
      #expect(error?.message.contains("scores.csv: was changed while this run was busy") == true)
    }
  }

  /// The tokenizer goes along with a saved model; one that vanished is not left out of it.
  @Test func aTokenizerThatVanishesBeforeASaveIsAnError() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        "prune block { by magnitude, remove 1 }\nsave \"out\"",
        in: folder
      )
      let path = "\(folder)/model/tokenizer.json"
      let error = #expect(throws: StepError.self) {
        try run.run(hearing: Self.changing(path, after: "scores") { try FileSystem.remove($0) })
      }
      #expect(error?.message.contains("tokenizer.json: was removed while") == true)
      #expect(!FileSystem.exists("\(folder)/out"))
    }
  }

  @Test func twoFilesWhoseNamesLookAlikeAreTwo() throws {
    try Fixture.withFolder { folder in
      let names = ["\(folder)/\u{E9}", "\(folder)/e\u{301}"]
      for name in names { try FileSystem.write(Array(name.utf8), to: name) }
      let files = ReadFiles(FileHashes(in: folder, isWritable: true))
      let hashes = try names.map { try files.hash(of: $0) }
      #expect(hashes[0] != nil && hashes[0] != hashes[1])
    }
  }
}
