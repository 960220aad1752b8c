import BillhookPlugins
import BillhookRecipe
@testable import BillhookCore
@testable import BillhookEngine
@testable import BillhookFiles
@testable import BillhookModels
@testable import BillhookPipeline
@testable import BillhookResolver
import Synchronization
import TestSupport
import Testing

/// Recipes that prune while they train: what is kept and found again, and what is told of it.
@Suite struct GradualPruneTests {
  private static func recipe(
    by criterion: String = "lora_taylor",
    remove amount: String = "25%",
    keep: String = "first 1 last 1",
    gradual: String = "cubic { every = 2 }",
    recover: String = "lora { steps = 8, batch = 4, learning_rate = 1e-2, checkpoint = 1 }",
    then rest: String = "save \"OUT\" { architecture = custom }"
  ) -> String {
    """
    prune [attention_head, mlp_channel] on windows {
      by      \(criterion)
      remove  \(amount)
      keep    \(keep)
      allocate uniform
      gradual \(gradual)
      recover \(recover)
    }
    \(rest)
    """
  }

  /// Runs a recipe, and gives its report and the stages that were begun.
  private func run(
    _ recipe: String,
    in folder: String,
    stoppingAfter steps: Int = .max
  ) throws -> (report: Report, began: [String], notes: [String]) {
    try FileSystem.makeDirectory(folder)
    let plan = try TinyRun(recipe, in: folder).plan
    let heard = Mutex((began: [String](), steps: 0, notes: [String]()))
    let work = try WorkFolder("\(folder)/work")
    let runs = try RunFolder(in: work.path, name: "test")
    let context = RunContext(
      scratch: runs.scratch,
      progress: { event in
        heard.withLock { heard in
          switch event {
          case .began(let stage): heard.began.append(stage)
          case .trained: heard.steps += 1
          case .note(let text): heard.notes.append(text)
          default: break
          }
        }
      },
      isCancelled: { heard.withLock { $0.steps >= steps } }
    )
    let report = try Pipeline(plan, context, work, runs, build: "test").run()
    return heard.withLock { (report, $0.began, $0.notes) }
  }

  @Test func itIsTrainedOnceAndCutExactly() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.recipe(), in: folder)
      let stage = try #require(first.began.first)
      #expect(stage.hasPrefix("prune by lora_taylor { decay = 0.9 } in recover lora {"))
      #expect(first.began.count { $0 == "cut" } == 1)
      let model = try LanguageModel(opening: "\(folder)/out")
      #expect(model.blocks.map { $0.attention?.keyValueHeads } == [2, 1, 1, 2])
      #expect(model.blocks.map { $0.mlp?.width } == [56, 28, 28, 56])
      // The removal and the training are told as they are apart.
      let removal = try #require(first.report.removals.first)
      #expect(removal.criterion == "lora_taylor { decay = 0.9 }")
      let training = try #require(first.report.trainings.first)
      #expect(training.recovery == "lora" && training.outcome.steps == 8)
      #expect(first.report.scores.map(\.unit) == ["attention_head", "mlp_channel"])

      let record = try Fixture.text("\(folder)/out/billhook.json")
      for part in ["gradual cubic { every = 2 }", "recover lora", "lora_taylor", "\"mlp_channel\""]
      {
        #expect(record.contains(part), "\(part)")
      }
      let second = try run(Self.recipe(), in: folder)
      #expect(!second.began.contains(stage))
      #expect(second.report.trainings.first?.outcome == training.outcome)
      #expect(try TinyRun(Self.recipe(), in: folder).forecast().doneCount == 2)
    }
  }

  /// Whatever matters is part of the key, and what does not is not.
  @Test func anotherSettingIsAnotherTraining() throws {
    try Fixture.withFolder { folder in
      _ = try run(Self.recipe(), in: folder)
      let others = [
        Self.recipe(by: "lora_taylor { decay = 0.8 }"),
        Self.recipe(by: "magnitude"),
        Self.recipe(remove: "20%"),
        Self.recipe(keep: "last 2"),
        Self.recipe(gradual: "linear { every = 2 }"),
        Self.recipe(gradual: "cubic { every = 3 }"),
        Self.recipe(gradual: "cubic { every = 2, warmup = 2 }"),
        Self.recipe(gradual: "cubic { every = 2, cooldown = 2 }"),
        Self.recipe(recover: "lora { steps = 8, batch = 4, learning_rate = 2e-2 }"),
      ]
      for other in others {
        #expect(try TinyRun(other, in: folder).forecast().entries[0].outlook == .ahead, "\(other)")
      }
      let same = Self.recipe(
        gradual: "cubic { every = 2, warmup = 10%, cooldown = 10% }",
        recover: "lora { steps = 8, batch = 4, learning_rate = 1e-2, checkpoint = 1, rank = 8 }"
      )
      #expect(try TinyRun(same, in: folder).forecast().entries[0].outlook == .doneBefore)
    }
  }

  /// Stopped after any step, a run goes on to the same bytes.
  @Test(arguments: [1, 2, 5, 7]) func aStoppedRunGoesOn(steps: Int) throws {
    try Fixture.withFolder { folder in
      _ = try run(Self.recipe(), in: "\(folder)/whole")
      let place = "\(folder)/stopped"
      #expect(throws: Cancelled.self) {
        _ = try run(Self.recipe(), in: place, stoppingAfter: steps)
      }
      let rest = try run(Self.recipe(), in: place)
      #expect(rest.notes.contains { $0 == "goes on after step \(steps) of 8" }, "\(rest.notes)")
      let name = "model.safetensors"
      #expect(
        try FileSystem.read("\(place)/out/\(name)")
          == FileSystem.read("\(folder)/whole/out/\(name)")
      )
      // What the run needed to go on is gone.
      for product in try FileSystem.names(in: "\(place)/work/products") {
        let names = try FileSystem.names(in: "\(place)/work/products/\(product)")
        #expect(names.sorted() == ["key.json", "log.jsonl", "weights.safetensors"])
      }
    }
  }

  /// A record that is damaged is no record: the training is done again.
  @Test func aDamagedRecordIsNotUsed() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.recipe(), in: folder)
      let stages = "\(folder)/work/stages"
      for name in try FileSystem.names(in: stages) {
        var text = try Fixture.text("\(stages)/\(name)")
        guard text.contains("\"pruning\"") else { continue }
        text = text.replacing("\"removed\"", with: "\"gone\"")
        try FileSystem.write(Array(text.utf8), to: "\(stages)/\(name)")
      }
      let second = try run(Self.recipe(), in: folder)
      #expect(second.began.first == first.began.first)
    }
  }

  /// It goes on with what earlier steps left, where numbers and percentages mean the opened model.
  @Test func itPrunesWhatIsLeft() throws {
    try Fixture.withFolder { folder in
      let text =
        """
        prune block { by magnitude, remove [2] }
        prune mlp_channel { by magnitude, remove 10%, keep first 1 }

        """ + Self.recipe(keep: "last 1")
      _ = try run(text, in: folder)
      let model = try LanguageModel(opening: "\(folder)/out")
      #expect(model.blocks.map(\.sourceIndex) == [0, 1, 2])
      #expect(model.blocks.map { $0.attention?.keyValueHeads } == [1, 1, 2])
      let widths = model.blocks.compactMap(\.mlp?.width)
      let left = widths.reduce(0, +)
      #expect(left == 90)
    }
  }

  /// Other steps follow, and what is known of the removal is found by them.
  @Test func laterStepsGoOnWithTheCutModel() throws {
    try Fixture.withFolder { folder in
      let text = Self.recipe(
        by: "taylor",
        recover: "cpt { steps = 8, batch = 4, learning_rate = 1e-3 }",
        then: """
          evaluate perplexity on windows
          prune mlp_channel on windows { by wanda_sp, remove 5%, keep first 1 last 1 }
          recover lora on windows { steps = 2, batch = 4 }
          evaluate perplexity on windows
          """
      )
      let first = try run(text, in: folder)
      #expect(first.report.failures.isEmpty)
      #expect(first.report.removals.count == 2 && first.report.trainings.count == 2)
      let again = try run(text, in: folder)
      #expect(again.report.rows.map(\.metrics) == first.report.rows.map(\.metrics))
      #expect(again.report.rows.count == 2)
      #expect(again.began.allSatisfy { $0 == "cut" || $0.hasPrefix("selection") }, "\(again.began)")
    }
  }
}
