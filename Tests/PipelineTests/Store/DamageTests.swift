import TestSupport
import Testing

@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookPipeline

/// What was kept and is damaged is computed again, with a word, and to the same result.
@Suite struct DamageTests {
  private static let recipe = """
    data words = text "text.txt" { length = 16, samples = 6 }
    prune block on words { by taylor, remove 1, keep first 1 last 1 }
    recover lora on words { steps = 2, batch = 2 }
    evaluate perplexity on words
    """

  private func flip(_ path: String, at share: Double) throws {
    var bytes = try FileSystem.read(path)
    bytes[Int(share * Double(bytes.count - 1))] ^= 1
    try FileSystem.write(bytes, to: path)
  }

  @Test func everyKeptFileIsComputedAgain() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.recipe, in: folder)
      let truth = try run.run().values
      let stages = try run.files("stages", ".json")
      #expect(stages.count == 3)
      let weights = try run.files("products").map { "\($0)/weights.safetensors" }
      #expect(weights.count == 1)
      for file in stages + weights {
        for share in [0.1, 0.5, 0.9] {
          try flip(file, at: share)
          let again = try run.run()
          #expect(again.values == truth, "\(file)")
          let notes = again.notes.filter { $0.hasPrefix(file) }
          #expect(notes.count == 1, "\(again.notes)")
          #expect(notes.first?.contains(" again") == true)
          // And it is whole now.
          #expect(try run.run().notes == [])
        }
      }
    }
  }

  @Test func aResultUnderAnothersNameIsNotUsed() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        """
        data words = text "text.txt" { length = 16, samples = 6 }
        data others = text "text.txt" { length = 16, samples = 5, bos = none }
        evaluate perplexity on words
        evaluate perplexity on others
        """,
        in: folder
      )
      let truth = try run.run().values
      #expect(truth.count == 2 && truth[0] != truth[1])
      let files = try run.files("stages", ".json")
      let contents = try files.map { try FileSystem.read($0) }
      try FileSystem.write(contents[1], to: files[0])
      try FileSystem.write(contents[0], to: files[1])
      let again = try run.run()
      #expect(again.values == truth)
      #expect(again.notes.count == 2)
    }
  }

  @Test func hashesThatAreDamagedAreTakenAgain() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.recipe, in: folder)
      let truth = try run.run().values
      // A file that was just written is not remembered.
      do {
        let work = try WorkFolder("\(folder)/work")
        for name in ["config.json", "model.safetensors"] {
          _ = try work.hash(of: "\(Fixture.tinyModel)/\(name)")
        }
      }
      let file = "\(folder)/work/hashes.json"
      #expect(FileSystem.exists(file))
      var text = try Fixture.text(file)
      let place = try #require(text.firstRange(of: "\"sha256\": \""))
      let digit = text[place.upperBound]
      text.replaceSubrange(
        place.upperBound...place.upperBound,
        with: digit == "1" ? "2" : "1"
      )
      try FileSystem.write(Array(text.utf8), to: file)
      let again = try run.run()
      #expect(again.values == truth)
      #expect(again.notes.count == 1 && again.notes[0].contains("hashes.json: is damaged"))
    }
  }

  @Test func aHalfDoneTrainingOfAnotherBuildIsSpokenOf() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(
        "data words = text \"text.txt\" { length = 16, samples = 6 }\n"
          + "recover cpt on words { steps = 1, batch = 2 }",
        in: folder
      )
      _ = try run.run()
      // As a run that was stopped leaves it.
      for file in try run.files("stages", ".json") { try FileSystem.remove(file) }
      let training = try #require(try run.files("products").first)
      try FileSystem.rename(
        "\(training)/weights.safetensors",
        to: "\(training)/checkpoint.safetensors"
      )
      let notes = try run.run(build: "another").notes
      #expect(notes.contains { $0.contains("was begun and has a checkpoint") }, "\(notes)")
      // In its own folder, what is no checkpoint is not gone on from.
      let own = try run.run().notes
      #expect(own.contains { $0.contains("the training begins anew") }, "\(own)")
    }
  }

  /// A run that is killed between keeping a result and letting go of what led to it.
  @Test func whatATrainingLeftBesideItsWeightsGoesWithTheNextRun() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.recipe, in: folder)
      _ = try run.run()
      let training = try #require(try run.files("products").first)
      let others = ["notes.jsonl", "mine.safetensors", "best-of-all.md"]
      for name in others { try FileSystem.write([1, 2, 3], to: "\(training)/\(name)") }
      let names = try FileSystem.names(in: training)
      let left = [
        "checkpoint.safetensors", "best.safetensors", "log.jsonl", "log.jsonl.billhook-partial",
        "block-3-2.safetensors", "spilled-7.bin",
      ]
      for name in left {
        try FileSystem.write([1, 2, 3], to: "\(training)/\(name)")
      }
      let again = try run.run()
      #expect(again.notes == [] && !again.computed.contains { $0.hasPrefix("recover") })
      #expect(try FileSystem.names(in: training) == names)
    }
  }

  @Test func aTrainingOfAnotherBuildIsSpokenOf() throws {
    try Fixture.withFolder { folder in
      let run = try StoreRun(Self.recipe, in: folder)
      _ = try run.run()
      let other = try run.run(build: "another")
      let notes = other.notes.filter { $0.contains("the same training was finished") }
      #expect(notes.count == 1, "\(other.notes)")
      #expect(notes.first?.hasPrefix("recover lora") == true)
      #expect(notes.first?.contains("another build of billhook") == true)
      // `check` says so too, where it can tell what the model is by then.
      let work = try #require(WorkFolder(lookingAt: "\(folder)/work"))
      let bare = try StoreRun(
        "data words = text \"text.txt\" { length = 16, samples = 6 }\n"
          + "recover cpt on words { steps = 1, batch = 2 }",
        in: folder
      )
      _ = try bare.run()
      let forecast = try Forecast(
        bare.plan,
        OpenedModel(bare.plan.model),
        RunContext(scratch: ""),
        work,
        build: "another"
      )
      #expect(forecast.entries.first?.note?.contains("the same training was finished") == true)
      // It has its own now.
      #expect(try run.run(build: "another").notes == [])
      #expect(try run.run().notes == [])
    }
  }
}
