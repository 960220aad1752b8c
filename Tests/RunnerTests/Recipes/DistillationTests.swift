import BillhookCore
import Foundation
import Testing
import TestSupport

/// `recover distill` in a recipe, as a user runs it.
@Suite struct DistillationTests {
  private static let steps = "steps = 4, batch = 8, learning_rate = 1e-3"

  private func recipe(_ text: String, in folder: String) throws -> String {
    let path = "\(folder)/test.recipe"
    let words =
      "data words = text \"\(Fixture.repository)/Examples/Data/train.txt\" { length = 32, samples = 16 }"
    let whole = "model \"\(Fixture.tinyModel)\"\n\(words)\n\(text)\n"
    try FileSystem.write(Array(whole.utf8), to: path)
    return path
  }

  private func report(_ folder: String, run number: Int = 0) throws -> JSON {
    let names = try FileSystem.names(in: "\(folder)/.billhook/runs").sorted()
    let file = "\(folder)/.billhook/runs/\(names[number])/report.json"
    return try JSON(parsing: FileSystem.read(file))
  }

  private func perplexities(_ folder: String, run number: Int = 0) throws -> [Double] {
    (try report(folder, run: number)["rows"]?.array ?? []).compactMap {
      $0["metrics"]?.array?.first?["value"]?.double
    }
  }

  /// The teacher runs once for all losses, and its whole distributions teach what it does in each step.
  @Test func aKeptTeacherRunsOnce() throws {
    try Fixture.withFolder { folder in
      let path = try recipe(
        """
        prune block { by magnitude, remove 4, keep first 1 last 1 }
        evaluate perplexity on words
        each loss in [forward_kl, reverse_kl, jensen_shannon] {
          recover distill on words { \(Self.steps), loss = $loss, kept = 16 }
          evaluate perplexity on words
        }
        branch "all" {
          recover distill on words { \(Self.steps), kept = all, share = 1 }
          evaluate perplexity on words
        }
        branch "running" {
          recover distill on words { \(Self.steps), share = 1 }
          evaluate perplexity on words
        }
        """,
        in: folder
      )
      let outline = try Billhook.call(["check", path])
      #expect(outline.status == 0, "\(outline.errors)")
      #expect(
        outline.output.contains(
          "learns from the opened model's predictions (16 tokens and the rest): about "
        ),
        "\(outline.output)"
      )
      let run = try Billhook.call(["run", path])
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.errors.split(separator: "\n")
      let stage = "predictions of the opened model on words"
      #expect(lines.count { $0.contains(stage) && !$0.contains("%") } == 2, "\(run.errors)")
      let found = try perplexities(folder)
      #expect(found.count == 6 && Set(found[0..<5]).count == 5)
      #expect(found.dropFirst().allSatisfy { $0 < found[0] }, "\(found)")
      #expect(relativeDifference([found[4]], [found[5]]) < 1e-4)
      let again = try Billhook.call(["run", path])
      #expect(!again.errors.contains("\(stage):"), "\(again.errors)")
      #expect(try perplexities(folder, run: 1) == found)
    }
  }

  /// One that is killed while the teacher runs, or the student learns, ends with the same bytes.
  @Test func aStoppedRunGoesOn() throws {
    try Fixture.withFolder { folder in
      let path = try recipe(
        """
        prune block { remove [3, 4] }
        recover distill on words { \(Self.steps), kept = 8, temperature = 2, checkpoint = 1 }
        save "out/model"
        """,
        in: folder
      )
      #expect(try Billhook.run(["run", path]).status == 0)
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      for name in ["likeliest.safetensors", "log.jsonl"] {
        try FileSystem.remove("\(folder)/out")
        for name in ["stages", "runs", "products"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
        let products = "\(folder)/.billhook/products"
        let killed = try Billhook.run(["run", path], sending: SIGKILL) {
          ((try? FileSystem.names(in: products)) ?? []).contains {
            FileSystem.exists("\(products)/\($0)/\(name)")
          }
        }
        #expect(killed.status != 0)
        #expect(try Billhook.run(["run", path]).status == 0)
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
      }
    }
  }

  /// Units go while the model learns from kept predictions.
  @Test func whileUnitsGo() throws {
    try Fixture.withFolder { folder in
      let path = try recipe(
        """
        prune mlp_channel on words {
          by magnitude, remove 25%, gradual cubic
          recover distill { steps = 20, batch = 4, kept = 8 }
        }
        evaluate perplexity on words
        """,
        in: folder
      )
      let check = try Billhook.call(["check", path])
      #expect(check.status == 0, "\(check.errors)")
      #expect(
        check.output.contains(
          "learns from the opened model's predictions (8 tokens and the rest): "
        ),
        "\(check.output)"
      )
      let run = try Billhook.call(["run", path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("predictions of the opened model on words"))
      #expect(try perplexities(folder).count == 1)
    }
  }

  /// A teacher of another shape, from a directory, in each step and kept.
  @Test func aTeacherOfAnotherSize() throws {
    try Fixture.withFolder { folder in
      let path = try recipe(
        """
        branch "teacher" {
          prune mlp_channel { by magnitude, remove 10%, allocate uniform }
          save "teacher"
        }
        branch "file" { save gguf "file" }
        """,
        in: folder
      )
      #expect(try Billhook.call(["run", path]).status == 0)
      let learning = try recipe(
        """
        prune block { remove [3, 4] }
        branch "running" {
          recover distill on words { \(Self.steps), share = 1, teacher = "teacher", train = [last 2] }
          evaluate perplexity on words
        }
        branch "kept" {
          recover distill on words {
            \(Self.steps), share = 1, teacher = "teacher", train = [last 2], kept = all
          }
          evaluate perplexity on words
        }
        branch "file" {
          recover distill on words { \(Self.steps), share = 1, teacher = "file/model.gguf", kept = 8 }
          evaluate perplexity on words
        }
        """,
        in: folder
      )
      let check = try Billhook.call(["check", learning])
      #expect(check.output.contains("learns from the predictions of \"teacher\" (all tokens): "))
      #expect(check.output.contains("trains "), "\(check.output)")
      let run = try Billhook.call(["run", learning])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("predictions of \"teacher\" on words"))
      let found = try perplexities(folder, run: 1)
      #expect(found.count == 3 && relativeDifference([found[0]], [found[1]]) < 1e-4)
    }
  }

  /// The first token that is another one is named.
  @Test func aTeacherWithOtherTokens() throws {
    try Fixture.withFolder { folder in
      try FileSystem.makeDirectory("\(folder)/teacher")
      for name in try FileSystem.names(in: Fixture.tinyModel) {
        try FileSystem.write(
          FileSystem.read("\(Fixture.tinyModel)/\(name)"),
          to: "\(folder)/teacher/\(name)"
        )
      }
      let text = try Fixture.text("\(folder)/teacher/tokenizer.json")
      let swapped = text.replacing("\"all\": 398", with: "\"all\": 403")
        .replacing("\"It\": 403", with: "\"It\": 398")
      #expect(swapped != text)
      try FileSystem.write(Array(swapped.utf8), to: "\(folder)/teacher/tokenizer.json")
      let path = try recipe(
        "recover distill on words { steps = 1, teacher = \"teacher\" }",
        in: folder
      )
      let check = try Billhook.call(["check", path])
      #expect(check.status == 1)
      let flat = check.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      #expect(flat.contains("has `It` where the model has `all`, as token 398"), "\(flat)")
      try FileSystem.write(Array("{}".utf8), to: "\(folder)/teacher/tokenizer.json")
      #expect(try Billhook.call(["check", path]).status == 1)
    }
  }
}
