import BillhookCore
import BillhookModels
import Foundation
import Testing
import TestSupport

/// A run that is killed anywhere leaves nothing half done, and the next one ends as if nothing
/// had happened.
///
/// `BILLHOOK_KILLS` says how often; `make kill-test` does it 50 times.
@Suite struct KillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? 12

  static let recipe = """
    evaluate perplexity on windows
    each cut in [1, 2] {
      prune block on windows { by ppl, remove $cut, rescore every 1 }
      evaluate perplexity on windows
      save "out/minus-$cut"
    }
    """

  @Test func theNextRunEndsWithTheSameBytes() throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(Self.recipe, in: folder)
      func undisturbed() throws -> Duration {
        let start = ContinuousClock.now
        let outcome = try Billhook.run(["run", recipe])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return ContinuousClock.now - start
      }
      _ = try undisturbed()
      for name in ["out", ".billhook/stages", ".billhook/runs"] {
        try FileSystem.remove("\(folder)/\(name)")
      }
      let duration = try undisturbed()
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.count == 6)

      var random = SplitMix64(seed: 11)
      var killed = 0
      for _ in 0..<Self.kills {
        try FileSystem.remove("\(folder)/out")
        // Hashing the model and the program again would leave less time for what matters.
        for name in ["stages", "runs"] { try FileSystem.remove("\(folder)/.billhook/\(name)") }
        let moment = ContinuousClock.now + duration * Double.random(in: 0.1..<1, using: &random)
        let first = try Billhook.run(["run", recipe], sending: SIGKILL) {
          ContinuousClock.now > moment
        }
        if first.status != 0 { killed += 1 }
        let second = try Billhook.run(["run", recipe])
        #expect(second.status == 0, "\(second.errors)")
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
        #expect(try FileSystem.names(in: "\(folder)/out").sorted() == ["minus-1", "minus-2"])
      }
      #expect(killed > 0)
      print("\(killed) of \(Self.kills) runs were killed before their end")
    }
  }
}
