import BillhookCore
import Foundation
import Testing
import TestSupport

/// Runs that are stopped or killed while they gather evidence go on where they were, to the same bytes.
///
/// `BILLHOOK_KILLS` says how often; `make kill-test` does it 50 times.
@Suite struct EvidenceKillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? 2

  private static let recipe = """
    model "\(Fixture.tinyModel)"
    data words = text "\(Fixture.repository)/Examples/Data/train.txt" { length = 64, samples = 40 }
    prune attention_head on words { by taylor { aggregate = sum_abs }, remove 20% }
    prune [attention, mlp] on words { by ppl, remove 20% of parameters }
    save "out/model" { architecture = custom }
    """

  @Test func everyRerunEndsWithTheSameBytes() throws {
    try Fixture.withFolder { folder in
      let recipe = "\(folder)/test.recipe"
      try FileSystem.write(Array(Self.recipe.utf8), to: recipe)
      func forget() throws {
        try FileSystem.remove("\(folder)/out")
        for name in ["stages", "runs", "evidence"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
      }
      let first = try Billhook.run(["run", recipe])
      #expect(first.status == 0, "\(first.errors)")
      try forget()
      let start = ContinuousClock.now
      #expect(try Billhook.run(["run", recipe]).status == 0)
      let duration = ContinuousClock.now - start
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.keys.contains("model/model.safetensors"))

      var random = SplitMix64(seed: 29)
      var wentOn = 0
      // On a machine whose speed changes meanwhile, few of the moments fall into a pass.
      for number in 0..<Self.kills + 20 where number < Self.kills || wentOn == 0 {
        try forget()
        // Somebody asks to stop, and every second time the next run is killed.
        for signal in number.isMultiple(of: 2) ? [SIGINT] : [SIGINT, SIGKILL] {
          let share = Double.random(in: 0.2..<0.95, using: &random)
          let moment = ContinuousClock.now + duration * share
          let stopped = try Billhook.run(["run", recipe], sending: signal) {
            ContinuousClock.now > moment
          }
          if stopped.errors.contains("goes on where it was stopped") { wentOn += 1 }
        }
        let last = try Billhook.run(["run", recipe])
        #expect(last.status == 0, "\(last.errors)")
        if last.errors.contains("goes on where it was stopped") { wentOn += 1 }
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
        #expect(!FileSystem.exists("\(folder)/.billhook/evidence"))
      }
      #expect(wentOn > 0)
      print("\(wentOn) runs went on where gathering evidence was stopped")
    }
  }
}
