import BillhookCore
import Foundation
import Testing
import TestSupport

/// A run that is killed anywhere leaves nothing half done, and the next one ends as if nothing
/// had happened.
///
/// `BILLHOOK_KILLS` says how often, of each recipe; `make kill-test` does it 50 times.
@Suite struct KillTests {
  /// How often runs are killed.
  private static func kills(usually usual: Int) -> Int {
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? usual
  }

  /// A recipe that is killed.
  struct Killed: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    /// How often it is killed unless a number is asked for.
    let usually: Int
    /// The directories that it saves in `out`, and the files in all of them.
    let saves: [String]
    let files: Int
    /// Whether a search has to go on where it was.
    var goesOn = false
  }

  static let scored = """
    evaluate perplexity on windows
    each cut in [1, 2] {
      prune block on windows { by ppl, remove $cut, rescore every 1 }
      evaluate perplexity on windows
      save "out/minus-$cut"
    }
    """

  /// Masks are made block after block, and hold through trainings, the first of which ends in a save.
  static let sparse = """
    prune weight on windows { by wanda, pattern = 2:4 }
    recover lora on windows { steps = 4, batch = 2, checkpoint = 1, rank = 2, dropout = 0 }
    save "out/trained"
    prune weight on windows { by obs, remove 70%, refine barber, repair sparsegpt }
    save "out/minus-1"
    recover cpt on windows { steps = 3, batch = 2, checkpoint = 1 }
    save "out/minus-2"
    """

  /// What is cut is searched, from losses of many candidates.
  static let search = """
    prune mlp_channel on windows {
      by wanda_sp, remove 25%
      search evolution {
        generations = 30, population = 8, parents = 3, mutations = 4, crossovers = 2
      }
    }
    save "out/minus-1" { architecture = custom }
    prune mlp_channel on windows {
      by wanda_sp, remove 20, search policy_gradient { steps = 50, batch = 4 }
    }
    save "out/minus-2" { architecture = custom }
    """

  static let killed = [
    Killed(
      testDescription: "scored",
      text: scored,
      usually: 4,
      saves: ["minus-1", "minus-2"],
      files: 14
    ),
    Killed(
      testDescription: "sparse",
      text: sparse,
      usually: 2,
      saves: ["minus-1", "minus-2", "trained"],
      files: 24
    ),
    Killed(
      testDescription: "searched",
      text: search,
      usually: 2,
      saves: ["minus-1", "minus-2"],
      files: 16,
      goesOn: true
    ),
  ]

  /// Whether a search wrote how far it is.
  private static func hasCheckpoint(in folder: String) -> Bool {
    let evidence = "\(folder)/.billhook/evidence"
    let keys = (try? FileSystem.names(in: evidence)) ?? []
    return keys.contains { FileSystem.exists("\(evidence)/\($0)/search.safetensors") }
  }

  @Test(arguments: killed) func theNextRunEndsWithTheSameBytes(item: Killed) throws {
    let kills = Self.kills(usually: item.usually)
    try Fixture.withFolder { folder in
      let recipe = try Billhook.recipe(item.text, in: folder)
      // However short a search is, it is written down after each candidate.
      let arguments = ["run", recipe, "--checkpoint-every", "0"]
      func undisturbed() throws -> Duration {
        let start = ContinuousClock.now
        let outcome = try Billhook.run(arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return ContinuousClock.now - start
      }
      // Hashing the model and the program again would leave less time for what matters.
      func forget() throws {
        try FileSystem.remove("\(folder)/out")
        for name in ["stages", "runs", "products", "evidence"] {
          try FileSystem.remove("\(folder)/.billhook/\(name)")
        }
      }
      _ = try undisturbed()
      try forget()
      let duration = try undisturbed()
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      #expect(expected.count == item.files)

      var random = SplitMix64(seed: 11)
      var (killed, wentOn) = (0, 0)
      for number in 0..<kills {
        try forget()
        // Every second search is killed after it was written down for the first time; the first of all as
        // soon as that is done, however much faster this run is than the undisturbed one.
        let waits = item.goesOn && number.isMultiple(of: 2)
        let share = Double.random(in: waits ? 0.1..<0.6 : 0.1..<1, using: &random)
        let moment = ContinuousClock.now + duration * (waits && number == 0 ? 0 : share)
        let first = try Billhook.run(arguments, sending: SIGKILL) {
          ContinuousClock.now > moment && (!waits || Self.hasCheckpoint(in: folder))
        }
        if first.status != 0 { killed += 1 }
        let second = try Billhook.run(arguments)
        #expect(second.status == 0, "\(second.errors)")
        let lines = second.errors.split(separator: "\n")
        // Blocks of a pass go on with the same words.
        if lines.contains(where: { $0.contains("goes on where it was") && $0.contains(" steps") }) {
          wentOn += 1
        }
        #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
        #expect(try FileSystem.names(in: "\(folder)/out").sorted() == item.saves)
        #expect(!FileSystem.exists("\(folder)/.billhook/evidence"))
      }
      #expect(killed > 0)
      #expect(wentOn > 0 || !item.goesOn)
      print(
        "\(item.testDescription): \(killed) of \(kills) runs were killed before their end, "
          + "\(wentOn) went on in a search"
      )
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
        || name == "scratch"
    }
    return try FileSystem.names(in: trainings).reduce(into: unfinished) { found, key in
      found += try FileSystem.names(in: "\(trainings)/\(key)").filter {
        !["key.json", "log.jsonl", "weights.safetensors"].contains($0)
      }
    }
  }

  @Test func savesOverOlderSavesLeaveNoStrayFile() throws {
    let kills = Self.kills(usually: 4)
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
      for number in 0..<kills {
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
      print("\(killed) of \(kills) saves over older saves were killed before their end")
    }
  }
}
