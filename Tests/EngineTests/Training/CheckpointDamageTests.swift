import BillhookTorch
@testable import BillhookEngine
@testable import BillhookFiles
import Synchronization
import TestSupport
import Testing

/// A checkpoint that is damaged anywhere is not gone on from: the training begins anew, says so, and
/// ends as if nothing had happened.
@Suite struct CheckpointDamageTests {
  private let curve: TrainingCurve
  private let settings: TrainingSettings

  init() throws {
    curve = try TrainingCurve("lora-qwen3")
    var settings = curve.settings
    settings.steps = 6
    settings.heldOut = 2
    settings.evaluateEvery = 1
    settings.result = .best
    settings.checkpoint = .steps(1)
    self.settings = settings
  }

  /// Trains, and gives the bytes of the new weights and the notes.
  private func train(in folder: String, stoppingAfter stop: Int? = nil) throws
    -> (weights: [UInt8], notes: [String])
  {
    let heard = Mutex((steps: 0, notes: [String]()))
    let context = RunContext(
      scratch: folder,
      progress: { event in
        heard.withLock { heard in
          if case .trained = event { heard.steps += 1 }
          if case .note(let note) = event { heard.notes.append(note) }
        }
      },
      isCancelled: { stop.map { limit in heard.withLock { $0.steps >= limit } } ?? false }
    )
    var training = try Training(
      curve.trainee(),
      on: curve.tokens,
      settings,
      epochs: 1,
      RecoveryContext(run: context, opened: curve.model, folder: folder)
    )
    do {
      _ = try training.run()
    } catch is Cancelled {
      return ([], heard.withLock(\.notes))
    }
    let weights = try FileSystem.read("\(folder)/weights.safetensors")
    return (weights, heard.withLock(\.notes))
  }

  private func copy(_ files: [String: [UInt8]], to folder: String) throws {
    try FileSystem.remove(folder)
    try FileSystem.makeDirectory(folder)
    for (name, bytes) in files { try FileSystem.write(bytes, to: "\(folder)/\(name)") }
  }

  /// Everything that a checkpoint puts back.
  private func contents(_ folder: String, _ name: String) throws -> [[UInt8]] {
    let tensors = try curve.trainee().tensors
    let isWhole = name == "checkpoint"
    let checkpoint = TrainingCheckpoint(in: folder, named: name)
    let opened = try checkpoint.open(for: tensors, [], withOptimizer: isWhole, stepCount: 6)
    try checkpoint.restore(opened, into: tensors, [], withOptimizer: isWhole)
    return try [Array("\(opened.progress)".utf8)]
      + tensors.flatMap { [$0.value, $0.slot.mean, $0.slot.square, $0.slot.step] }
      .map { try $0.withBytes { Array($0) } }
  }

  @Test func aChangedByteAnywhereBeginsAnew() throws {
    try Fixture.withFolder { folder in
      let place = "\(folder)/training"
      let whole = try train(in: place).weights
      try FileSystem.remove(place)
      _ = try train(in: place, stoppingAfter: 2)
      var kept: [String: [UInt8]] = [:]
      for name in try FileSystem.names(in: place) {
        kept[name] = try FileSystem.read("\(place)/\(name)")
      }
      #expect(kept.keys.sorted() == ["best.safetensors", "checkpoint.safetensors", "log.jsonl"])
      let goesOn = try train(in: place)
      #expect(goesOn.notes.contains { $0.contains("goes on") })
      #expect(goesOn.weights == whole)

      var random = SplitMix64(seed: 3)
      for name in ["checkpoint", "best"] {
        let file = "\(name).safetensors"
        let bytes = try #require(kept[file])
        try copy(kept, to: place)
        let original = try contents(place, name)
        var damaged = 0
        func damage(_ change: [UInt8]) throws {
          try copy(kept.merging([file: change]) { $1 }, to: place)
          do {
            // In the header there are some bytes that say nothing.
            #expect(try contents(place, name) == original)
          } catch is TrainingCheckpoint.Damage {
            damaged += 1
          }
        }
        // Everywhere, and more often in the header and in what says the place.
        let ends = Array(bytes.indices.prefix(300)) + Array(bytes.indices.suffix(300))
        for number in 0..<60 {
          var changed = bytes
          let place = try #require(
            (number.isMultiple(of: 2) ? ends : Array(bytes.indices)).randomElement(using: &random)
          )
          changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
          try damage(changed)
        }
        let other = name == "best" ? "checkpoint" : "best"
        for change in [
          [], Array(bytes.dropLast()), Array(bytes.prefix(100)), bytes + [0],
          try #require(kept["\(other).safetensors"]),
        ] { try damage(change) }
        #expect(damaged >= 63)
        // The last of these is still there.
        let again = try train(in: place)
        #expect(again.weights == whole, "\(name)")
        #expect(
          again.notes.contains { $0.contains(file) && $0.contains("the training begins anew") },
          "\(again.notes)"
        )
      }
      // The best weights are gone.
      var without = kept
      without["best.safetensors"] = nil
      try copy(without, to: place)
      let again = try train(in: place)
      #expect(again.weights == whole)
      #expect(again.notes.contains { $0.contains("best.safetensors: is missing") })
    }
  }

  /// As in a work folder in which two trainings were taken for each other.
  @Test func theCheckpointOfAnotherTrainingIsNotUsed() throws {
    try Fixture.withFolder { folder in
      _ = try train(in: "\(folder)/one", stoppingAfter: 2)
      try FileSystem.makeDirectory("\(folder)/two")
      for name in try FileSystem.names(in: "\(folder)/one") {
        try FileSystem.write(FileSystem.read("\(folder)/one/\(name)"), to: "\(folder)/two/\(name)")
      }
      let found = try train(in: "\(folder)/two")
      #expect(found.notes.contains { $0.contains("the training begins anew") })
    }
  }

  @Test func aDamagedLogIsLeftOut() throws {
    try Fixture.withFolder { folder in
      _ = try train(in: folder, stoppingAfter: 2)
      let log = "\(folder)/log.jsonl"
      try FileSystem.write(
        Array(Fixture.text(log).replacing("\"step\": 1,", with: "\"step\": 7,").utf8),
        to: log
      )
      let found = try train(in: folder)
      #expect(found.notes.contains { $0.contains("log.jsonl: is damaged") }, "\(found.notes)")
      let lines = try Fixture.text(log).split(separator: "\n")
      #expect(!lines.contains { $0.contains("\"step\": 7") })
      let steps = try lines.compactMap { try JSON(parsing: Array($0.utf8))["step"]?.int }
      #expect(steps == steps.sorted() && steps.last == 6 && (steps.first ?? 0) > 1, "\(steps)")
    }
  }
}
