import BillhookCore
import Foundation
import Testing
import TestSupport

/// Trainings that are killed anywhere, also in the middle of writing a checkpoint, end with the same
/// bytes as one that nobody disturbed.
///
/// `BILLHOOK_KILLS` says how often, of each recipe; `make kill-test` does it 50 times.
@Suite struct TrainingKillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? 2

  private static let recipe = """
    model "\(Fixture.tinyModel)"
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" { length = 32, samples = 40 }
    prune block { by magnitude, remove 2, keep first 1 }
    recover lora on words {
      steps = 20, batch = 4, checkpoint = 1, held_out = 4, evaluate_every = 5, result = best
      adapter = "out/adapter"
    }
    recover cpt on words { steps = 20, batch = 4, checkpoint = 1 }
    save "out/model"
    """

  private static let gradual = """
    model "\(Fixture.tinyModel)"
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" { length = 32, samples = 40 }
    prune [attention_head, mlp_channel] on words {
      by      lora_taylor
      remove  40%
      keep    first 1
      gradual cubic { every = 3 }
      recover lora { steps = 20, batch = 4, learning_rate = 2e-3, checkpoint = 1 }
    }
    save "out/model" { architecture = custom }
    """

  /// The steps of all trainings that the logs in a folder tell of.
  private func steps(in folder: String) -> Int {
    let trainings = (try? FileSystem.names(in: "\(folder)/.billhook/products")) ?? []
    return trainings.reduce(0) { count, name in
      let path = "\(folder)/.billhook/products/\(name)/log.jsonl"
      let bytes = (try? FileSystem.read(path)) ?? []
      return count + bytes.count { $0 == UInt8(ascii: "\n") }
    }
  }

  /// Whether a checkpoint is being written.
  private func isWriting(in folder: String) -> Bool {
    let trainings = (try? FileSystem.names(in: "\(folder)/.billhook/products")) ?? []
    return trainings.contains { name in
      let checkpoint = "\(folder)/.billhook/products/\(name)/checkpoint.safetensors"
      return FileSystem.exists("\(checkpoint)\(FileSystem.unfinished)")
    }
  }

  @Test func everyRerunEndsWithTheSameBytes() throws {
    try killAndRerun(Self.recipe, Self.kills, expecting: "adapter/adapter_model.safetensors")
  }

  /// So does one in which units go meanwhile.
  @Test func soDoesPruningInATraining() throws {
    // Its only training has 20 steps, and must not end before it is killed.
    try killAndRerun(
      Self.gradual,
      Self.kills,
      after: 0..<16,
      expecting: "model/model.safetensors"
    )
  }

  private func killAndRerun(
    _ text: String,
    _ kills: Int,
    after steps: Range<Int> = 0..<20,
    expecting file: String
  ) throws {
    try Fixture.withFolder { folder in
      let recipe = "\(folder)/test.recipe"
      try FileSystem.write(Array(text.utf8), to: recipe)
      func run(
        killingWhen moment: (() -> Bool)? = nil
      ) throws -> Billhook.Outcome {
        try Billhook.run(["run", recipe], sending: moment.map { _ in SIGKILL }, when: moment)
      }
      let first = try run()
      #expect(first.status == 0, "\(first.errors)")
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.keys.contains(file))
      #expect(expected.keys.contains("model/model.safetensors"))

      var random = SplitMix64(seed: 17)
      var whileWriting = 0
      for number in 0..<kills {
        try FileSystem.remove("\(folder)/out")
        for name in ["stages", "runs", "products"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
        // Every second one in the middle of writing, after a number of lines in the logs.
        let lines = Int.random(in: steps, using: &random)
        let isAtCheckpoint = number % 2 == 0
        var wasWriting = false
        let killed = try run {
          guard self.steps(in: folder) > lines else { return false }
          wasWriting = isWriting(in: folder)
          return !isAtCheckpoint || wasWriting
        }
        #expect(killed.status != 0)
        if wasWriting { whileWriting += 1 }
        let second = try run()
        #expect(second.status == 0, "\(second.errors)")
        if lines > 2 { #expect(second.errors.contains("goes on after step"), "\(second.errors)") }
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
      }
      #expect(whileWriting >= (kills + 3) / 4)
      print("\(whileWriting) of \(kills) trainings were killed while writing a checkpoint")
    }
  }

  @Test func aRunThatIsStoppedGoesOnWhereItWas() throws {
    try Fixture.withFolder { folder in
      let recipe = "\(folder)/test.recipe"
      let text = Self.recipe.replacing("checkpoint = 1", with: "checkpoint = 1h")
      try FileSystem.write(Array(text.utf8), to: recipe)
      let stopped = try Billhook.run(["run", recipe], sending: SIGINT) { steps(in: folder) > 4 }
      #expect(stopped.status == 130, "\(stopped.errors)")
      let second = try Billhook.run(["run", recipe])
      #expect(second.status == 0)
      #expect(second.errors.contains("goes on after step"), "\(second.errors)")
      // Nothing is trained a third time, and the logs lie in the folders of the runs.
      let third = try Billhook.run(["run", recipe])
      #expect(third.errors.contains("trained before: loss "), "\(third.errors)")
      let runs = try FileSystem.names(in: "\(folder)/.billhook/runs")
      let log = "\(folder)/.billhook/runs/\(try #require(runs.sorted()[1...].first))"
      #expect(try FileSystem.names(in: log).contains("training-lora.jsonl"))
      let lines = try Fixture.text("\(log)/training-lora.jsonl").split(separator: "\n")
      // Held-out windows are measured before the first step too, and the last line names the result.
      #expect(lines.count == 20 + 5 + 1)
      let numbers = try lines.dropLast().map { try JSON(parsing: Array($0.utf8))["step"]?.int ?? 0 }
      #expect(numbers == numbers.sorted() && numbers.last == 20)
    }
  }
}
