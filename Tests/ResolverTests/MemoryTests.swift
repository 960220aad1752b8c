import BillhookEngine
import BillhookFiles
import BillhookModels
import BillhookRecipe
@testable import BillhookPipeline
@testable import BillhookResolver
import TestSupport
import Testing

/// The estimates of the memory that steps take, and what `check` says of them.
@Suite struct MemoryTests {
  /// Windows of 64 tokens, in `long.txt`.
  private func writeLongWindows(in folder: String) throws {
    let line = (0..<64).map { String($0 % 60) }.joined(separator: " ")
    let text = [String](repeating: line, count: 20).joined(separator: "\n")
    try FileSystem.write(Array(text.utf8), to: "\(folder)/long.txt")
  }

  @Test func moreThanThereIsIsAWarningAndNothingThatFitsAnError() throws {
    try Fixture.withFolder { folder in
      try writeLongWindows(in: folder)
      let run = try TinyRun(
        """
        data long = tokens "long.txt" { length = 64 }
        repeat 2 { evaluate perplexity on windows }
        score block on windows { by taylor }
        recover cpt on long { batch = 10_000, micro_batch = 10_000 }
        """,
        in: folder
      )
      // That nobody measures what is trained is said each time.
      func codes(_ memory: Int?) -> [String] {
        PlanCheck.diagnostics(of: run.plan, memory: memory).map(\.code).filter { $0 != "W0406" }
      }
      #expect(codes(nil) == [])
      #expect(codes(1_000_000_000_000) == [])
      // Scoring and evaluating keep to what there is; a training as it was set does not.
      #expect(codes(1_000_000_000) == ["W0403"])
      // What happens twice is said once.
      #expect(codes(1000) == ["E0302", "E0302", "E0302"])
      let error = PlanCheck.diagnostics(of: run.plan, memory: 1000).first
      #expect(error?.severity == .error)
      #expect(error?.message.contains("for a single window, and this machine has 1.0 kB") == true)
      // Where rounding hides the difference, bytes show it.
      var (short, enough) = (1000, 1_000_000_000)
      while enough - short > 1 {
        let middle = (short + enough) / 2
        if codes(middle).contains("E0302") { short = middle } else { enough = middle }
      }
      let messages = PlanCheck.diagnostics(of: run.plan, memory: short).map(\.message)
      #expect(
        messages.contains { $0.contains("\(enough) bytes") && $0.hasSuffix("has \(short) bytes") },
        "\(messages)"
      )
    }
  }

  /// What comes after a removal is estimated for the model that the removal leaves.
  @Test func afterARemovalLessIsTaken() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        prune block { by magnitude, remove 2 }
        recover cpt on windows { batch = 16, micro_batch = 16 }
        """,
        in: folder
      )
      let opened = try Golden("llama-gqa").model
      var course = PruningCourse(opened)
      run.plan.steps[0].follow(&course)
      let needs = StepNeeds(run.plan.inputs, beside: opened)
      let (more, less) = try (
        run.plan.steps[1].memory(on: opened, needs)?.bytes ?? 0,
        run.plan.steps[1].memory(on: course.model, needs)?.bytes ?? 0
      )
      #expect(0 < less && less < more)
      func isTooMuch(for memory: Int) -> Bool {
        PlanCheck.diagnostics(of: run.plan, memory: memory).contains { $0.code == "W0403" }
      }
      #expect(!isTooMuch(for: less))
      #expect(isTooMuch(for: less - 1))
    }
  }

  /// States of last tokens are there for all blocks at once: before and after each of 4 blocks 128 bytes
  /// for each of 20 windows.
  @Test func whatCriteriaOfUnitsAreShownOfAllBlocksCounts() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        data long = tokens "windows.txt" { length = 64, samples = 20 }
        score block on long { by block_influence }
        score block on long { by angular_distance }
        """,
        in: folder
      )
      let model = try Golden("llama-gqa").model
      let found = try run.plan.steps.compactMap {
        try $0.memory(on: model, StepNeeds(run.plan.inputs))?.bytes
      }
      #expect(found.count == 2 && found[1] - found[0] == 20 * 4 * 2 * 128)
    }
  }

  /// Where only the data tells how long windows are, a micro-batch is taken to be one of the usual size.
  @Test func windowsOfUnknownLengthMakeUsualBatches() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        """
        data long = tokens "windows.txt" { length = 64 }
        recover cpt on windows { batch = 16, micro_batch = 16 }
        recover cpt on windows { batch = 16 }
        recover cpt on long { batch = 32, micro_batch = 32 }
        recover cpt on long { batch = 16, micro_batch = 1 }
        """,
        in: folder
      )
      let model = try Golden("llama-gqa").model
      let found = try run.plan.steps.compactMap {
        try $0.memory(on: model, StepNeeds(run.plan.inputs))
      }
      let assumed = "2048 tokens at once"
      #expect(found.map(\.method) == [assumed, assumed, nil, nil])
      #expect(found[2].bytes == found[0].bytes)
      // Windows that fill a micro-batch each make several, and the gradients of earlier ones stay.
      #expect(found[1].bytes > found[0].bytes)
      #expect(found[3].bytes < found[0].bytes)
      let least = try run.plan.steps[0].memory(
        on: model,
        StepNeeds(run.plan.inputs, ofOneWindow: true)
      )
      #expect(least.map { $0.bytes < found[3].bytes && $0.method == nil } == true)
    }
  }

  /// Where the teacher does not fit that runs before the training, no setting of the training helps.
  @Test func gatheringPredictionsHasARemedyOfItsOwn() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun("recover distill on windows { kept = 4 }", in: folder)
      let model = try Golden("llama-gqa").model
      let needs = StepNeeds(run.plan.inputs, beside: model)
      let remedy = try run.plan.steps[0].remedy(on: model, needs, within: 1)
      #expect(
        remedy?.hasPrefix("gathering the predictions of the opened model on windows takes ") == true
          && remedy?.contains("without `kept` the teacher runs in each step") == true,
        "\(remedy ?? "")"
      )
    }
  }

  @Test func amountsAreShownWithTwoDigits() {
    let shown = [0, 940, 9_940, 9_960, 999_400, 999_600, 1_234_567_890, 99_950_000_000]
    #expect(
      shown.map(MemoryEstimate.shown)
        == ["0.0 kB", "0.9 kB", "9.9 kB", "10 kB", "999 kB", "1.0 MB", "1.2 GB", "100 GB"]
    )
  }
}
