import BillhookCore
import Testing
import TestSupport

/// Teachers of which the tables are padded to another size than the student's.
@Suite struct PaddedVocabularyTests {
  private static let tokens = 914
  private static let tables = ["model.embed_tokens.weight", "lm_head.weight"]
  private static let settings =
    "steps = 3, batch = 4, learning_rate = 1e-3, share = 1, weight_decay = 0"

  /// The tiny model with tables of another size; rows that are added are thrice its first, so that their
  /// logits are large.
  private func resized(to rows: Int, in folder: String) throws {
    try FileSystem.makeDirectory(folder)
    for file in try FileSystem.names(in: Fixture.tinyModel) {
      try FileSystem.write(
        FileSystem.read("\(Fixture.tinyModel)/\(file)"),
        to: "\(folder)/\(file)"
      )
    }
    let copy = ModelCopy(at: folder)
    try copy.configure { $0.set("vocab_size", to: .number(JSONNumber(rows))) }
    try copy.rewrite { tensors in
      for name in Self.tables {
        let table = try #require(tensors[name])
        let kept = try table.narrowed(0, to: 0..<min(rows, Self.tokens))
        let added = try table.narrowed(0, to: 0..<max(0, rows - Self.tokens)) * 3
        tensors[name] = try Tensor.joined([kept, added], along: 0)
      }
    }
  }

  private func run(_ command: String, _ steps: String, of model: String, in folder: String) throws
    -> Billhook.Outcome
  {
    let path = "\(folder)/test.recipe"
    let data = "\(Fixture.repository)/Examples/Data/train.txt"
    let text = """
      model "\(model)"
      data words = text "\(data)" { length = 32, samples = 8 }
      prune block { remove [3, 4] }
      \(steps)
      """
    try FileSystem.write(Array(text.utf8), to: path)
    return try Billhook.call([command, path])
  }

  private func weights(_ folder: String) throws -> [String: [Double]] {
    let file = try SafetensorsFile("\(folder)/model.safetensors")
    return Dictionary(
      uniqueKeysWithValues: try file.names.map { ($0, try file.tensor($0).to(.float64).doubles()) }
    )
  }

  /// Rows that no token has teach nothing: what is learnt is what the teacher teaches without them.
  @Test(arguments: ["", ", kept = 16", ", kept = all"])
  func ofTheTeacher(kept: String) throws {
    try Fixture.withFolder { folder in
      try resized(to: Self.tokens + 30, in: "\(folder)/padded")
      let found = try run(
        "run",
        """
        branch "padded" {
          recover distill on words { \(Self.settings), teacher = "padded"\(kept) }
          save "out/padded"
        }
        branch "not" {
          recover distill on words { \(Self.settings)\(kept) }
          save "out/not"
        }
        """,
        of: Fixture.tinyModel,
        in: folder
      )
      #expect(found.status == 0, "\(found.errors)")
      let (padded, plain) = (try weights("\(folder)/out/padded"), try weights("\(folder)/out/not"))
      #expect(Set(padded.keys) == Set(plain.keys) && !plain.isEmpty)
      for (name, values) in plain {
        // Products of other widths round differently, and steps of AdamW are as large as the rate.
        #expect(differenceToScale(padded[name] ?? [], values) < 1e-2, "\(name)")
      }
    }
  }

  /// Rows of the student that no token has stay as they are.
  @Test(arguments: ["", ", kept = 16", ", kept = all"])
  func ofTheStudent(kept: String) throws {
    try Fixture.withFolder { folder in
      try resized(to: Self.tokens + 30, in: "\(folder)/padded")
      let steps = """
        recover distill on words {
          \(Self.settings), teacher = "\(Fixture.tinyModel)"\(kept)
        }
        """
      for (name, model) in [("padded", "\(folder)/padded"), ("not", Fixture.tinyModel)] {
        let found = try run("run", "\(steps)\nsave \"out/\(name)\"", of: model, in: folder)
        #expect(found.status == 0, "\(found.errors)")
      }
      let (padded, plain) = (try weights("\(folder)/out/padded"), try weights("\(folder)/out/not"))
      let before = try weights("\(folder)/padded")
      #expect(Set(padded.keys) == Set(plain.keys) && !plain.isEmpty)
      for (name, values) in plain {
        let own = try #require(padded[name])
        #expect(differenceToScale(Array(own.prefix(values.count)), values) < 1e-2, "\(name)")
        guard Self.tables.contains(name) else { continue }
        let added = try #require(before[name])
        #expect(own.count == added.count && added.count > values.count)
        let others = added.count - values.count
        #expect(Array(own.suffix(others)) == Array(added.suffix(others)))
      }
    }
  }

  /// A table that is too small for the tokenizer's tokens is not of the same tokens.
  @Test func aTokenBeyondTheSmallerTableIsNamed() throws {
    try Fixture.withFolder { folder in
      try resized(to: 900, in: "\(folder)/small")
      let found = try run(
        "check",
        "recover distill on words { steps = 1, teacher = \"small\" }",
        of: Fixture.tinyModel,
        in: folder
      )
      #expect(found.status != 0)
      #expect(
        found.errors.contains("`teacher`: knows 900 tokens and the model 914, and token 900 is `"),
        "\(found.errors)"
      )
    }
  }
}
