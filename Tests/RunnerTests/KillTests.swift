import BillhookCore
import Foundation
import Testing
import TestSupport

/// A run that is killed anywhere leaves nothing half done, and the next one ends as if nothing
/// had happened.
///
/// `BILLHOOK_KILLS` says how often; `make kill-test` does it 50 times.
@Suite struct KillTests {
  private static let kills =
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? 4

  static let recipe = """
    evaluate perplexity on windows
    each cut in [1, 2] {
      prune block on windows { by ppl, remove $cut, rescore every 1 }
      evaluate perplexity on windows
      save "out/minus-$cut"
    }
    """

  /// Masks are made block after block, and hold through a training.
  static let sparse = """
    prune weight on windows { by wanda, pattern = 2:4 }
    recover lora on windows { steps = 4, batch = 2, checkpoint = 1, rank = 2, dropout = 0 }
    prune weight on windows { by obs, remove 70%, refine barber, repair sparsegpt }
    save "out/minus-1"
    recover cpt on windows { steps = 3, batch = 2, checkpoint = 1 }
    save "out/minus-2"
    """

  /// What is cut is searched, from losses of many candidates.
  static let search = """
    prune block on windows {
      by magnitude, remove 1
      search evolution { generations = 4, population = 4, mutations = 2, crossovers = 1 }
    }
    save "out/minus-1"
    prune block on windows {
      by magnitude, remove 1, search policy_gradient { steps = 6, batch = 2 }
    }
    save "out/minus-2"
    """

  @Test(arguments: [
    (recipe, kills, 14), (sparse, max(2, kills / 3), 16), (search, max(2, kills / 3), 14),
  ])
  func theNextRunEndsWithTheSameBytes(text: String, kills: Int, files: Int) throws {
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(text, in: folder)
      func undisturbed() throws -> Duration {
        let start = ContinuousClock.now
        let outcome = try Billhook.run(["run", recipe])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return ContinuousClock.now - start
      }
      _ = try undisturbed()
      for name in ["out", ".billhook/stages", ".billhook/runs", ".billhook/products"] {
        try FileSystem.remove("\(folder)/\(name)")
      }
      let duration = try undisturbed()
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.count == files)

      var random = SplitMix64(seed: 11)
      var killed = 0
      for _ in 0..<kills {
        try FileSystem.remove("\(folder)/out")
        // Hashing the model and the program again would leave less time for what matters.
        for name in ["stages", "runs", "products"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
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
      print("\(killed) of \(kills) runs were killed before their end")
    }
  }

  /// Saves that take the place of what another recipe saved there, so that some are killed while
  /// names change.
  private static func replacing(_ first: Int, in folder: String) throws -> String {
    try Billhook.recipe(
      """
      prune block on windows { by ppl, remove \(first) }
      each place in [a, b, c] { save "out/$place" { overwrite = true } }
      recover lora on windows { steps = 3, batch = 1, checkpoint = 1, rank = 2 }
      each place in [d, e, f] { save "out/$place" { overwrite = true } }
      """,
      in: folder
    )
  }

  /// What a run must not leave behind, below a folder.
  private static func strays(in folder: String) throws -> [String] {
    let files = FileManager.default.enumerator(atPath: folder)?.allObjects ?? []
    let work = files.compactMap { $0 as? String }
    let trainings = "\(folder)/.billhook/products"
    let unfinished = work.filter { path in
      let name = path.split(separator: "/").last ?? ""
      return name.contains("partial") || name.contains("billhook-new")
        || name.contains("billhook-old") || name == "scratch"
    }
    return try FileSystem.names(in: trainings).reduce(into: unfinished) { found, key in
      found += try FileSystem.names(in: "\(trainings)/\(key)").filter {
        !["key.json", "log.jsonl", "weights.safetensors"].contains($0)
      }
    }
  }

  @Test func savesOverOlderSavesLeaveNoStrayFile() throws {
    try Fixture.withFolder { folder in
      var expected: [Int: [String: String]] = [:]
      var durations: [Int: Duration] = [:]
      func forget() throws {
        for name in ["stages", "runs", "products"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
      }
      for first in [1, 2] {
        let recipe = try Self.replacing(first, in: folder)
        let start = ContinuousClock.now
        let outcome = try Billhook.run(["run", recipe])
        #expect(outcome.status == 0, "\(outcome.errors)")
        durations[first] = ContinuousClock.now - start
        expected[first] = try SavedFiles.hashes(in: "\(folder)/out")
      }
      var random = SplitMix64(seed: 23)
      var killed = 0
      for number in 0..<Self.kills {
        let first = number % 2 + 1
        let recipe = try Self.replacing(first, in: folder)
        if number % 4 == 0 { try forget() }
        let duration = durations[first] ?? .zero
        let share = Double.random(in: 0.05..<1, using: &random)
        let moment = ContinuousClock.now + duration * share
        let disturbed = try Billhook.run(["run", recipe], sending: SIGKILL) {
          ContinuousClock.now > moment
        }
        if disturbed.status != 0 { killed += 1 }
        let start = ContinuousClock.now
        let second = try Billhook.run(["run", recipe])
        #expect(second.status == 0, "\(second.errors)")
        // The next one like it knows as much as this one did.
        if number % 4 > 1 { durations[first] = ContinuousClock.now - start }
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected[first])
        #expect(try Self.strays(in: folder) == [])
      }
      #expect(killed > 0)
      print("\(killed) of \(Self.kills) saves over older saves were killed before their end")
    }
  }
}
