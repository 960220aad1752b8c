import BillhookCore
import Foundation
import Testing
import TestSupport

/// Runs that several processes share, beside runs of one.
@Suite(.enabled(if: ProcessStore.isAvailable), .serialized)
struct ProcessesTests {
  private static let kills =
    ProcessInfo.processInfo.environment["BILLHOOK_KILLS"].flatMap { Int($0) } ?? 2

  /// Windows that make three batches, and a model of four blocks.
  private static func recipe(_ text: String, in folder: String) throws -> String {
    let path = try Billhook.recipe(text, in: folder)
    var random = SplitMix64(seed: 3)
    let windows = (0..<50).map { _ in (0..<60).map { _ in Int.random(in: 3..<61, using: &random) } }
    let tokens = TokenSet(windows.map { TokenWindow($0) }, note: "")
    try FileSystem.write(Array(TokenFile.text(tokens).utf8), to: "\(folder)/windows.txt")
    return path
  }

  private static let everything = """
    score block on windows { by ppl }
    score block on windows { by taylor }
    score mlp_channel on windows { by wanda_sp }
    evaluate perplexity on windows
    prune block on windows { by ppl, remove 1 }
    recover cpt on windows { steps = 30, batch = 8, micro_batch = 2, held_out = 2 }
    prune block on windows {
      by magnitude, remove 1
      search evolution { generations = 2, population = 4, mutations = 1, crossovers = 1 }
    }
    prune weight on windows { by wanda, remove 50% }
    save "out/model"
    """

  /// The last column of each file of scores, and the first perplexity.
  private struct Found {
    var scores: [String: [Double]] = [:]
    let perplexity: Double?
    let processes: Int?
    let removed: [JSON?]
    let weights: [String: Tensor]

    init(in folder: String) throws {
      let runs = "\(folder)/.billhook/runs"
      let run = "\(runs)/\(try FileSystem.names(in: runs).sorted().last ?? "")"
      for name in try FileSystem.names(in: run) where name.hasSuffix(".csv") {
        scores[name] = try Fixture.text("\(run)/\(name)").split(separator: "\n").dropFirst()
          .compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
      }
      let report = try JSON(parsing: FileSystem.read("\(run)/report.json"))
      perplexity = report["rows"]?.array?.first?["metrics"]?.array?.first?["value"]?.double
      processes = report["run"]?["machine"]?["processes"]?.int
      removed = (report["removals"]?.array ?? []).map { $0["removed"] }
      weights = try ProcessesTests.weights(in: folder)
    }
  }

  /// The weights of the saved model.
  private static func weights(in folder: String) throws -> [String: Tensor] {
    let file = try SafetensorsFile("\(folder)/out/model/model.safetensors")
    return try Dictionary(
      uniqueKeysWithValues: file.names.map { ($0, try file.tensor($0).copied()) }
    )
  }

  /// The largest difference between weights of the same names.
  private static func difference(
    _ some: [String: Tensor],
    _ others: [String: Tensor]
  ) throws -> Double {
    #expect(Set(some.keys) == Set(others.keys))
    return try some.map { name, tensor in
      try others[name].map { try (tensor - $0).abs().max().scalar() } ?? .infinity
    }
    .max() ?? .infinity
  }

  @Test func twoFindWhatOneFinds() throws {
    try Fixture.withFolder { folder in
      let recipe = try Self.recipe(Self.everything, in: folder)
      var found: [Found] = []
      for count in [1, 2] {
        // Hashing the program again would take longer than the run.
        for name in ["out", ".billhook/stages", ".billhook/products", ".billhook/runs"] {
          try FileSystem.remove("\(folder)/\(name)")
        }
        let outcome = try Billhook.run(["run", recipe, "--processes", "\(count)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        found.append(try Found(in: folder))
      }
      let (one, two) = (found[0], found[1])
      #expect(one.processes == 1 && two.processes == 2)
      #expect(one.perplexity != nil && one.perplexity == two.perplexity)
      #expect(one.scores["scores-ppl.csv"]?.count == 4)
      #expect(one.scores.count == two.scores.count)
      for (name, values) in one.scores where name.hasPrefix("scores-ppl") {
        // Batches are the same ones, so no bit differs.
        #expect(two.scores[name] == values, "\(name)")
      }
      for (name, tolerance) in [("scores-taylor.csv", 1e-5), ("scores-wanda_sp.csv", 1e-12)] {
        let pairs = Array(zip(one.scores[name] ?? [], two.scores[name] ?? []))
        #expect(pairs.count > 3)
        for (a, b) in pairs { #expect(abs(a - b) <= tolerance * abs(a), "\(name): \(a), \(b)") }
      }
      #expect(one.removed == two.removed)
      let largest = try Self.difference(one.weights, two.weights)
      #expect(largest > 0 && largest < 1e-6, "after 30 steps weights differ by \(largest)")
      // One process goes on from what two found, but for what depends on how many there are.
      let outcome = try Billhook.run(["run", recipe])
      let lines = outcome.errors.split(separator: "\n")
      func isKnown(_ start: String) -> Bool {
        lines.contains { $0.hasPrefix(start) && $0.hasSuffix("(known)") }
      }
      #expect(isKnown("scores by ppl") && isKnown("evaluate perplexity"))
      #expect(!isKnown("scores by taylor"))
      #expect(outcome.errors.contains("processes 2, now 1"))
    }
  }

  /// Evaluations that write, or compare with the opened model, and a search by one of them.
  private static let evaluations = """
    model "\(Fixture.tinyModel)"
    data heldout = text "\(Fixture.repository)/Examples/Data/heldout.txt" { length = 32, samples = 70 }
    data words = task "\(Fixture.repository)/Examples/Data/words.jsonl" {
      query = "{beginning}", answer = "{word}", stop = [".", "\\n"]
    }
    evaluate likeness on heldout
    evaluate exact_match on words { tokens = 3, batch = 2 }
    prune mlp_channel on heldout {
      by magnitude, remove 30%
      search evolution {
        generations = 2, population = 5, mutations = 2, crossovers = 1
        evaluate likeness on heldout
      }
    }
    evaluate likeness on heldout
    evaluate exact_match on words { tokens = 3, batch = 2 }
    """

  @Test func evaluationsAreDealtOutToTheBit() throws {
    try Fixture.withFolder { folder in
      var found: [[JSON?]] = []
      for count in [1, 3] {
        let work = "\(folder)/\(count)"
        try FileSystem.makeDirectory(work)
        let recipe = "\(work)/test.recipe"
        try FileSystem.write(Array(Self.evaluations.utf8), to: recipe)
        let outcome = try Billhook.run(["run", recipe, "--processes", "\(count)"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let runs = "\(work)/.billhook/runs"
        let run = "\(runs)/\(try #require(FileSystem.names(in: runs).first))"
        let report = try JSON(parsing: FileSystem.read("\(run)/report.json"))
        let rows = try #require(report["rows"]?.array)
        #expect(rows.count == 4)
        found.append(rows.map { $0["metrics"] } + [report["removals"]?.array?.first?["removed"]])
      }
      #expect(found[0].allSatisfy { $0 != nil })
      #expect(found[0] == found[1])
    }
  }

  @Test func whoeverIsKilledTheNextRunEndsWithTheSameBytes() throws {
    try Fixture.withFolder { folder in
      let recipe = try Self.recipe(
        """
        prune block on windows { by ppl, remove 1 }
        recover cpt on windows { steps = 20, batch = 8, micro_batch = 2, checkpoint = 1 }
        save "out/model"
        """,
        in: folder
      )
      let start = ContinuousClock.now
      let whole = try Billhook.run(["run", recipe, "--processes", "2"])
      #expect(whole.status == 0, "\(whole.errors)")
      let duration = ContinuousClock.now - start
      let expected = try SavedFiles.hashes(in: "\(folder)/out")
      let trained = try Self.weights(in: folder)
      var random = SplitMix64(seed: 5)
      for number in 0..<Self.kills {
        for name in ["out", ".billhook/stages", ".billhook/products"] {
          try FileSystem.remove("\(folder)/\(name)")
        }
        let isChild = number % 3 == 0
        let moment = ContinuousClock.now + duration * Double.random(in: 0.4..<0.9, using: &random)
        let ended = try Billhook.run(
          ["run", recipe, "--processes", "2"],
          sending: number % 3 == 2 ? SIGINT : SIGKILL,
          toChild: isChild
        ) { ContinuousClock.now > moment }
        #expect(ContinuousClock.now - moment < .seconds(30))
        if isChild, ended.status != 0 {
          #expect(ended.status == 3)
          #expect(ended.errors.contains("was killed by signal 9"), "\(ended.errors)")
        }
        if number % 3 == 2, ended.status != 0 { #expect(ended.status == 130, "\(ended.errors)") }
        // With as many processes, with fewer, and with more.
        let count = [2, 1, 3][(number + number / 3) % 3]
        // What another number makes is another result, which replaces no saved one.
        if count != 2 { try FileSystem.remove("\(folder)/out") }
        let next = try Billhook.run(["run", recipe, "--processes", "\(count)"])
        #expect(next.status == 0, "\(next.errors)")
        if count == 2 {
          #expect(try SavedFiles.hashes(in: "\(folder)/out") == expected)
        } else {
          let difference = try Self.difference(trained, Self.weights(in: folder))
          #expect(difference < 1e-6, "weights differ by \(difference)")
        }
      }
    }
  }

  /// Starts two processes as torchrun does, each in a folder of its own.
  private static func pair(in folders: [String]) throws -> [Billhook.Outcome] {
    let port = try ProcessStore(host: "127.0.0.1", port: 0, serves: true).port
    let outcomes = Outcomes()
    DispatchQueue.concurrentPerform(iterations: 2) { rank in
      let outcome = try? Billhook.run(
        ["run", "test.recipe"],
        environment: [
          "RANK": "\(rank)", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
          "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
        ],
        in: folders[rank]
      )
      outcomes.set(outcome, of: rank)
    }
    return outcomes.all
  }

  private final class Outcomes: @unchecked Sendable {
    private var known: [Int: Billhook.Outcome] = [:]
    private let lock = NSLock()

    var all: [Billhook.Outcome] { lock.withLock { known.sorted { $0.key < $1.key }.map(\.value) } }

    func set(_ outcome: Billhook.Outcome?, of rank: Int) { lock.withLock { known[rank] = outcome } }
  }

  @Test func filesThatDifferAreNamedAndProductsTravel() throws {
    try Fixture.withFolder { folder in
      let folders = ["\(folder)/a", "\(folder)/b"]
      for own in folders {
        try FileSystem.makeDirectory(own)
        _ = try Self.recipe(
          """
          each name in [one, other] {
            prune weight on windows { by wanda, remove 50% }
            evaluate perplexity on windows
          }
          """,
          in: own
        )
      }
      // Machines that share no files: the masks of process 0 reach process 1, which then has them.
      let same = try Self.pair(in: folders)
      #expect(same.map(\.status) == [0, 0], "\(same.map(\.errors))")
      #expect(same.last?.output == "" && same.last?.errors == "")
      #expect(!FileSystem.exists("\(folders[1])/.billhook"))

      let path = "\(folders[1])/windows.txt"
      try FileSystem.write(Array((try Fixture.text(path) + "3 4 5 6\n").utf8), to: path)
      try FileSystem.remove("\(folders[0])/.billhook/stages")
      let apart = try Self.pair(in: folders)
      #expect(apart.map(\.status) == [3, 3])
      let errors = apart.first?.errors ?? ""
      #expect(
        errors.contains("the processes see different files: windows.txt (process 1 has"),
        "\(errors)"
      )

      let recipe = "\(folders[1])/test.recipe"
      let text = try Fixture.text(recipe).replacing("50%", with: "40%")
      try FileSystem.write(Array(text.utf8), to: recipe)
      let others = try Self.pair(in: folders)
      #expect(others.allSatisfy { $0.status != 0 })
      let said = others.first?.errors ?? ""
      #expect(said.contains("process 1 is not where process 0 is: the recipe "), "\(said)")
    }
  }

  // MARK: torchrun

  /// The folder of the `python3` on the path, where its torch brings torchrun.
  private static let hasTorchrun: Bool = {
    let python = Process()
    python.executableURL = URL(filePath: "/usr/bin/env")
    python.arguments = ["python3", "-c", "import torch.distributed.run"]
    python.standardError = FileHandle.nullDevice
    guard (try? python.run()) != nil else { return false }
    python.waitUntilExit()
    return python.terminationStatus == 0
  }()

  @Test(
    .enabled(if: hasTorchrun, "the python3 on the path has no torch with torchrun"),
    arguments: [true, false]
  )
  func torchrunDrivesIt(isAlone: Bool) throws {
    // A port that is free now, for the way that is not alone on its machine.
    let port = try ProcessStore(host: "127.0.0.1", port: 0, serves: true).port
    let place = isAlone ? ["--standalone"] : ["--master-port", "\(port)"]
    try Fixture.withFolder { folder in
      let recipe = try Self.recipe(
        """
        score block on windows { by ppl }
        recover cpt on windows { steps = 2, batch = 8, micro_batch = 2 }
        evaluate perplexity on windows
        """,
        in: folder
      )
      let torchrun = Process()
      torchrun.executableURL = URL(filePath: "/usr/bin/env")
      torchrun.arguments =
        ["python3", "-m", "torch.distributed.run", "--no-python", "--nproc-per-node", "2"] + place
        + [try #require(Billhook.path), "run", recipe]
      let output = "\(folder)/output"
      try FileSystem.write([], to: output)
      torchrun.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
      torchrun.standardError = FileHandle.nullDevice
      try torchrun.run()
      torchrun.waitUntilExit()
      #expect(torchrun.terminationStatus == 0)
      let runs = try FileSystem.names(in: "\(folder)/.billhook/runs")
      #expect(runs.count == 1)
      let report = try JSON(
        parsing: FileSystem.read("\(folder)/.billhook/runs/\(runs[0])/report.json")
      )
      #expect(report["run"]?["machine"]?["processes"]?.int == 2)
      #expect(report["run"]?["ending"]?.string == "finished")
      // One of them shows what was found.
      let tables = try Fixture.text(output).components(separatedBy: "details: ").count - 1
      #expect(tables == 1)
    }
  }
}
