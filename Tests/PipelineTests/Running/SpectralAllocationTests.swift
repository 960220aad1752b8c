import BillhookModels
import BillhookPlugins
import BillhookRecipe
import BillhookTorch
@testable import BillhookCore
@testable import BillhookFiles
@testable import BillhookPipeline
import Synchronization
import TestSupport
import Testing

/// Recipes whose allocation measures weights: what they leave, what is found again, and what goes on.
@Suite struct SpectralAllocationTests {
  private func run(_ text: String, in folder: String) throws -> TinyRun {
    try FileSystem.makeDirectory(folder)
    return try TinyRun(text, in: folder)
  }

  /// The files of stages that hold what was measured of weights.
  private func measured(_ folder: String) throws -> [String: [UInt8]] {
    let stages = "\(folder)/work/stages"
    guard FileSystem.isDirectory(stages) else { return [:] }
    return try FileSystem.names(in: stages).reduce(into: [:]) { found, name in
      let bytes = try FileSystem.read("\(stages)/\(name)")
      if String(decoding: bytes, as: UTF8.self).contains("\"measured\"") { found[name] = bytes }
    }
  }

  private static let weights = "prune weight { by magnitude, remove 60%, allocate alpha_pruning }"

  private func zeros(_ model: LanguageModel) throws -> (all: Double, byMatrix: [WeightID: Double]) {
    let counts = try model.maskedCounts()
    let sizes = Dictionary(
      uniqueKeysWithValues: model.configuration.allWeights.filter { $0.id.role.kind == .projection }
        .map { ($0.id, $0.shape.reduce(1, *)) }
    )
    let gone = Double(counts.values.reduce(0, +))
    return (
      gone / Double(sizes.values.reduce(0, +)),
      sizes.reduce(into: [:]) { $0[$1.key] = Double(counts[$1.key] ?? 0) / Double($1.value) }
    )
  }

  // MARK: What goes

  @Test(arguments: [
    "alpha_pruning", "alpha_pruning { fit = middle }",
    "alpha_pruning { epsilon = 0.9, most = 0.7 }", "owl on windows { levels = 2 }",
  ])
  func blocksLoseTheAmountTogether(allocation: String) throws {
    try Fixture.withFolder { folder in
      let text = """
        prune weight { by magnitude, remove 60%, allocate \(allocation) }
        save "OUT"
        """
      let report = try run(text, in: folder).report()
      #expect(report.failures.isEmpty)
      let (all, shares) = try zeros(LanguageModel(opening: "\(folder)/out"))
      // Each matrix rounds down to a whole weight.
      #expect(all <= 0.6 && all > 0.598, "\(all)")
      let blocks = Dictionary(grouping: shares) { $0.key.block }.mapValues { $0.map(\.value) }
      for (_, own) in blocks { #expect((own.max() ?? 1) - (own.min() ?? 0) < 0.005) }
      #expect(Set(blocks.values.map { ($0[0] * 100).rounded() }).count > 1)
      if allocation.contains("0.7") { #expect((shares.values.max() ?? 1) <= 0.7) }
    }
  }

  @Test func matricesHaveTheirOwnShares() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune weight on windows {
          by wanda, remove 50%, group = matrix, allocate alpha_pruning { level = matrix, most = 0.6 }
        }
        save "OUT"
        """
      #expect(try run(text, in: folder).report().failures.isEmpty)
      let (all, shares) = try zeros(LanguageModel(opening: "\(folder)/out"))
      #expect(all <= 0.5 && all > 0.498, "\(all)")
      #expect((shares.values.max() ?? 1) <= 0.6)
      let block = shares.filter { $0.key.block == 1 }.values
      #expect((block.max() ?? 0) - (block.min() ?? 0) > 0.05)
    }
  }

  /// A solver that chooses slab by slab reaches the shares of matrices as well.
  @Test func solversTakeSharesOfMatrices() throws {
    try Fixture.withFolder { folder in
      let text = """
        prune weight on windows {
          by obs, remove 50%, repair sparsegpt { slab = 8 }
          allocate alpha_pruning { level = matrix }
        }
        save "OUT"
        """
      #expect(try run(text, in: folder).report().failures.isEmpty)
      let all = try zeros(LanguageModel(opening: "\(folder)/out")).all
      #expect(all <= 0.5 && all > 0.498, "\(all)")
    }
  }

  @Test(arguments: ["alpha_pruning", "owl { levels = 2 }"])
  func unitsReachTheAmount(allocation: String) throws {
    try Fixture.withFolder { folder in
      let text = """
        prune mlp_channel on windows { by wanda_sp, remove 20%, allocate \(allocation) }
        """
      let report = try run(text, in: folder).report()
      let gone = try #require(report.removals.first?.removed["mlp_channel"])
      #expect(gone.count == 45)
      let counts = Dictionary(grouping: gone) { $0 / 56 }.mapValues(\.count)
      #expect(Set(counts.values).count > 1, "\(counts)")
    }
  }

  // MARK: What is found again

  @Test func spectraAreMeasuredOnce() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.weights, in: folder)
      #expect(try first.forecast().entries[0].stages.first?.hasPrefix("shares by") == true)
      #expect(try shareStages(first, step: 1) == 1)
      let spectra = try measured(folder)
      #expect(spectra.count == 28)
      #expect(try first.forecast().entries[0].outlook == .doneBefore)
      for other in [
        Self.weights.replacing("60%", with: "40%"),
        Self.weights.replacing("alpha_pruning", with: "alpha_pruning { epsilon = 0.5 }"),
        Self.weights.replacing("alpha_pruning", with: "alpha_pruning { fit = middle }"),
        Self.weights.replacing("alpha_pruning", with: "alpha_pruning { level = matrix }"),
        "prune mlp_channel { by magnitude, remove 20%, allocate alpha_pruning { most = 0.5 } }",
      ] {
        let run = try run(other, in: folder)
        let shares = try run.forecast().entries[0].stages.filter { $0.hasPrefix("shares") }
        #expect(shares.isEmpty, "\(other)")
        #expect(try run.run()[1]?.contains { $0.hasPrefix("shares") } != true, "\(other)")
      }
      #expect(try measured(folder) == spectra)
      // Another model has spectra of its own.
      let cut = try run("prune block { remove [3] }\n" + Self.weights, in: folder)
      #expect(try shareStages(cut, step: 2) == 1)
      #expect(try measured(folder).count == 28 + 21)
    }
  }

  /// How often shares are measured in a step of a run.
  private func shareStages(_ run: TinyRun, step: Int) throws -> Int {
    try run.run()[step, default: []].count { $0.hasPrefix("shares") }
  }

  private func outline(_ run: TinyRun) throws -> [String] {
    try PlanOutline(run.plan, OpenedModel(run.plan.model), run.forecast()).lines
  }

  /// What is known from an earlier run is shown block by block, for another amount as well.
  @Test func knownSharesAreShown() throws {
    try Fixture.withFolder { folder in
      let first = try run(Self.weights, in: folder)
      #expect(try outline(first).contains { $0.contains("depends on the shares") })
      _ = try first.run()
      for amount in ["60%", "30%"] {
        let again = try run(Self.weights.replacing("60%", with: amount), in: folder)
        let lines = try outline(again)
        #expect(!lines.contains { $0.contains("depends on the shares") })
        let shown = try #require(lines.first { $0.contains("of block 0: ") })
        let numbers = shown.split(separator: " ").compactMap { Double($0) }
        let mean = numbers.reduce(0, +) / 4
        #expect(numbers.count == 4 && abs(mean - (amount == "60%" ? 60 : 30)) < 0.02, "\(shown)")
      }
      // More than blocks can give by these shares is said as well, and nothing is hidden.
      let text = Self.weights.replacing("60%", with: "70%")
        .replacing("alpha_pruning", with: "alpha_pruning { epsilon = 1 }")
      let lines = try outline(run(text.replacing("70%", with: "94%"), in: folder))
      #expect(lines.contains { $0.contains("takes at most 95 % of a block") }, "\(lines)")
    }
  }

  @Test func sharesOfUnitsThatAreKnownSayWhatIsLeft() throws {
    try Fixture.withFolder { folder in
      let text =
        "prune mlp_channel on windows { by wanda_sp, remove 20%, allocate owl { levels = 2 } }"
      let first = try run(text, in: folder)
      #expect(try outline(first).contains { $0.contains("known when outlier_ratio is measured") })
      _ = try first.run()
      let other = try outline(run(text.replacing("wanda_sp", with: "flap"), in: folder))
      #expect(!other.contains { $0.contains("known when outlier_ratio is measured") })
      #expect(other.contains { $0.contains("of block 0: ") && $0.contains(", 3: ") }, "\(other)")
      let left = other.filter { $0.contains("left: ") }
      let done = try outline(first).filter { $0.contains("left: ") }
      #expect(!left.isEmpty && left == done, "\(other)")
    }
  }

  /// The largest matrix, 56 by 32, is 8 bytes for each value, and its Gram matrix twice 32 by 32.
  @Test func memoryOfSpectraCounts() throws {
    try Fixture.withFolder { folder in
      let model = try Golden("llama-gqa").model
      let evidence = Spectra()
      #expect(evidence.bytes(for: [56, 32]) == 8 * (56 * 32 + 2 * 32 * 32))
      #expect(
        [any Evidence]([evidence]).bytesOfWeights(of: model) == evidence.bytes(for: [56, 32])
      )
      let step = try #require(try run(Self.weights, in: folder).plan.steps[0] as? SparsePruneStep)
      let needs = StepNeeds(try run(Self.weights, in: folder).plan.inputs)
      let sharing = try #require(step.sharing)
      let pass = try needs.traversal(of: model).weights()
      #expect(try sharing.memory(on: model, needs).bytes == pass + evidence.bytes(for: [56, 32]))
    }
  }

  @Test func outliersAreMeasuredOnce() throws {
    try Fixture.withFolder { folder in
      let text = "prune weight on windows { by wanda, remove 60%, allocate owl { levels = 2 } }"
      #expect(try shareStages(run(text, in: folder), step: 1) == 1)
      #expect(try measured(folder).count == 4)
      for other in [
        text.replacing("60%", with: "30%"),
        text.replacing("levels = 2", with: "levels = 2, lambda = 0.2"),
      ] {
        #expect(try shareStages(run(other, in: folder), step: 1) == 0, "\(other)")
      }
      let other = try run(text.replacing("levels = 2", with: "levels = 3"), in: folder)
      #expect(try shareStages(other, step: 1) == 1)
      #expect(try measured(folder).count == 8)
    }
  }

  @Test func damagedSpectraAreMeasuredAgain() throws {
    try Fixture.withFolder { folder in
      let text = Self.weights + "\nsave \"OUT\""
      _ = try run(text, in: folder).run()
      let (name, bytes) = try #require(try measured(folder).sorted { $0.key < $1.key }.first)
      let damaged = String(decoding: bytes, as: UTF8.self).replacing("0.", with: "1.")
      try FileSystem.write(Array(damaged.utf8), to: "\(folder)/work/stages/\(name)")
      let other = try run(
        text.replacing("alpha_pruning", with: "alpha_pruning { epsilon = 0.4 }")
          .replacing("save \"OUT\"", with: "save \"OUT/other\""),
        in: folder
      )
      #expect(try shareStages(other, step: 1) == 1)
      #expect(try measured(folder)[name] == bytes)
    }
  }

  // MARK: What goes on

  @Test func aStoppedMeasurementGoesOnAtTheNextMatrix() throws {
    try Fixture.withFolder { folder in
      let whole = "\(folder)/whole"
      let text = Self.weights + "\nsave \"OUT\""
      _ = try run(text, in: whole).run()
      let broken = "\(folder)/broken"
      let stopped = try run(text, in: broken)
      #expect(throws: Cancelled.self) {
        let work = try WorkFolder("\(broken)/work")
        let runs = try RunFolder(in: work.path, name: "test")
        let stages = "\(work.path)/stages"
        // Stopped as soon as ten matrices are measured.
        let context = RunContext(
          scratch: runs.scratch,
          isCancelled: { ((try? FileSystem.names(in: stages)) ?? []).count >= 10 }
        )
        _ = try Pipeline(stopped.plan, context, work, runs, build: "test").run()
      }
      let begun = try measured(broken)
      #expect((9...12).contains(begun.count))
      // What was kept is not written again.
      func identities() throws -> [String] {
        try begun.keys.sorted().map { try MappedFile("\(broken)/work/stages/\($0)").identityText }
      }
      let identities = try (identities(), stopped.run(), identities())
      #expect(identities.0 == identities.2)
      let ended = try measured(broken)
      #expect(ended.count == 28 && begun.allSatisfy { ended[$0.key] == $0.value })
      let masks = [whole, broken].map { "\($0)/out/billhook.masks" }
      #expect(try FileSystem.read(masks[0]) == FileSystem.read(masks[1]))
    }
  }
}
