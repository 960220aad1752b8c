import BillhookModels
import BillhookPlugins
import BillhookRecipe
import BillhookResolver
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// Recipes that prune single weights: what they leave, and what they say of it.
@Suite struct SparsePruneTests {
  /// An MLP without a gate is pruned in every order.
  @Test(arguments: ["block", "module", "stage"])
  func withoutGates(order: String) throws {
    try Fixture.withFolder { folder in
      let recipe = """
        prune weight on windows { by wanda, remove 50%, order = \(order) }
        evaluate perplexity on windows
        """
      let report = try TinyRun(recipe, on: "arcee", in: folder).report()
      #expect(report.failures.isEmpty)
      let row = try #require(report.rows.first)
      #expect(!row.sparsity.isEmpty && row.sparsity.allSatisfy { $0.zeros * 2 == $0.weights })
    }
  }

  /// Widths that only scores tell are looked at again before anything is measured on them.
  @Test func widthsThatScoresDecided() throws {
    try Fixture.withFolder { folder in
      let cut = "prune mlp_channel on windows { by magnitude, remove 5, allocate global }"
      #expect(
        try TinyRun("\(cut)\nprune weight on windows { by wanda, remove 50% }", in: folder)
          .report().failures.isEmpty
      )
      let pattern = try TinyRun(
        "\(cut)\nprune weight on windows { by wanda, pattern = 2:4 }",
        in: folder
      )
      let error = #expect(throws: StepError.self) { try pattern.report() }
      #expect(error?.message.contains("cannot be divided into groups of 4") == true)
    }
  }

  private func saved(_ text: String, _ look: (LanguageModel, Report) throws -> Void) throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(text + "\nsave \"OUT\"", in: folder).report()
      #expect(report.failures.isEmpty)
      try look(LanguageModel(opening: "\(folder)/out"), report)
    }
  }

  private func zeroShares(_ model: LanguageModel) throws -> [WeightID: Double] {
    try model.maskedCounts().reduce(into: [:]) { shares, entry in
      let count = try model.weights.stored(entry.key).shape.reduce(1, *)
      shares[entry.key] = Double(entry.value) / Double(count)
    }
  }

  @Test func rowsAndSharesAreExact() throws {
    try saved(
      """
      prune weight on windows { by wanda, remove 50% }
      evaluate perplexity on windows
      """
    ) { model, report in
      #expect(try zeroShares(model).values.allSatisfy { $0 == 0.5 })
      #expect(try model.maskedCounts().count == 7 * model.blocks.count)
      let row = try #require(report.rows.last)
      #expect(row.parameters == model.parameterCount)
      #expect(try row.nonZero == model.nonZeroCount())
      #expect(row.state == "- 50% of weights by wanda")
    }
  }

  /// The record beside a sparse model has what its masks were decided by, with every token.
  @Test func theRecordHasWhatMasksWereMadeOf() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune weight { by magnitude, remove 10% }
        prune weight on windows { by wanda, pattern = 2:4, keep first 1, repair sparsegpt }
        save "OUT"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let record = try JSON(parsing: FileSystem.read("\(folder)/out/billhook.json"))
      let masked = try #require(record["masked"]?.array)
      #expect(masked.map { $0["amount"]?.string } == ["remove 10%", "2:4"])
      #expect(masked.first?["calibration"] == nil)
      let second = try #require(masked.last)
      #expect(second["criterion"]?.string == "wanda")
      #expect(second["keep"]?.string == "keep first 1")
      #expect(second["repair"]?.string?.hasPrefix("sparsegpt {") == true)
      #expect(second["allocation"]?.string == "uniform" && second["refiner"] == nil)
      let tokens = try #require(second["calibration"]?["tokens"]?.array).compactMap(\.string)
      let text = tokens.map { $0 + "\n" }.joined()
      #expect(second["calibration"]?["tokens_sha256"]?.string == SHA256.hex(text))
      #expect(tokens.count > 1)
    }
  }

  /// The zeros of a model that somebody else made sparse stay, through a training and in what is saved.
  @Test func zerosOfOthersStay() throws {
    try Fixture.withFolder { folder in
      let prune = "prune weight { by magnitude, remove 50% }\nsave \"OUT\""
      try TinyRun(prune, in: folder).run()
      let path = "\(folder)/out"
      try FileSystem.remove("\(path)/billhook.masks")
      let text = """
        model "\(path)" { zeros = keep }
        data windows = tokens "windows.txt"
        recover cpt on windows { steps = 2, batch = 2, learning_rate = 1e-2 }
        save "\(folder)/healed"
        """
      let run = try TinyRun(whole: text, in: folder)
      #expect(try run.report().failures.isEmpty)
      let (before, after) = (
        try LanguageModel(opening: path), try LanguageModel(opening: "\(folder)/healed")
      )
      #expect(try after.maskedCounts().count == 7 * after.blocks.count)
      for id in after.projections {
        let zeros = try before.weights.stored(id) .== 0
        #expect(try after.weights.mask(id)?.hasSameBytes(as: .!zeros) == true)
        #expect(try !after.weights.stored(id).equals(before.weights.stored(id)))
      }
    }
  }

  /// Passes over the tokens, products of inputs and factors of them, and what the repair takes.
  @Test func theWorkIsToldBeforehand() throws {
    try Fixture.withFolder { folder in
      let text = "prune weight on windows { by obs, remove 50%, repair sparsegpt }"
      let run = try TinyRun(text, in: folder)
      let model = try OpenedModel(run.plan.model).model
      let step = try #require(run.plan.steps.first as? SparsePruneStep)
      let found = step.setting.operations(on: model, tokens: 1_000, removing: 0.5)
      var (weights, products, factors, sweeps) = (0.0, 0.0, 0.0, 0.0)
      for (id, shape) in model.configuration.allWeights where id.role.kind == .projection {
        let (rows, columns) = (Double(shape[0]), Double(shape[1]))
        weights += rows * columns
        sweeps += rows * columns * columns
        // Queries, keys and values have the same inputs, and so have gates and what they close.
        guard [.query, .output, .gate, .down].contains(id.role) else { continue }
        products += columns * columns
        factors += 4 / 3 * columns * columns * columns
      }
      let measuring = try #require(found.measuring)
      #expect(abs(measuring / (1_000 * (4 * weights + products)) - 1) < 1e-12)
      #expect(abs(found.solving / (factors + sweeps) - 1) < 1e-12)
      let lines = try PlanOutline(
        run.plan,
        OpenedModel(run.plan.model),
        work: "\(folder)/work",
        within: nil
      ).lines
      #expect(lines.contains { $0.contains("work: about") && $0.contains("of solving") })
      #expect(lines.contains { $0.hasPrefix("disk     about") && $0.contains("\(folder)/work") })
    }
  }

  /// What `keep` exempts goes elsewhere, and other projections than the targets stay.
  @Test func aShareIsThatOfAllWeights() throws {
    try saved("prune weight { by magnitude, remove 40%, keep first 1, targets = [up, down] }") {
      model,
      _ in
      let shares = try zeroShares(model)
      #expect(Set(shares.keys.map(\.role)) == [.up, .down])
      #expect(Set(shares.keys.compactMap(\.block)) == [1, 2, 3])
      #expect(shares.values.allSatisfy { abs($0 - 0.4 * 4 / 3) < 1e-3 })
    }
  }

  @Test func aSecondPruningAddsToTheFirst() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune weight on windows { by wanda, pattern = 2:4 }
        save "OUT/a"
        prune weight on windows { by obs, remove 70%, repair sparsegpt }
        save "OUT/b"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let (first, second) = try (
        LanguageModel(opening: "\(folder)/out/a"), LanguageModel(opening: "\(folder)/out/b")
      )
      for id in first.projections {
        let before = try #require(try first.weights.mask(id))
        let after = try #require(try second.weights.mask(id))
        #expect(try (before .& after).hasSameBytes(as: after), "\(id)")
      }
      #expect(try zeroShares(second).values.allSatisfy { abs($0 - 0.7) < 0.01 })
    }
  }

  /// A pattern that is chosen by sets counts what is gone already.
  @Test(arguments: ["", ", repair mrp"]) func setsCountWhatIsGone(repair: String) throws {
    try saved(
      """
      prune weight { by magnitude, pattern = 3:4 }
      prune weight on windows { by obs { joint = true }, pattern = 2:4\(repair) }
      """
    ) { model, _ in
      for id in model.projections {
        let mask = try #require(try model.weights.mask(id))
        let groups = try mask.to(.int64).reshaped([-1, 4]).sum([1]).integers()
        #expect(Set(groups) == [2], "\(id)")
      }
    }
  }

  @Test func channelsCanGoAfterWeights() throws {
    try saved(
      """
      prune weight on windows { by wanda, remove 50% }
      prune mlp_channel on windows { by wanda_sp, remove 25%, repair mrp }
      """
    ) { model, _ in
      #expect(model.blocks.allSatisfy { $0.mlp?.width == 42 })
      let isSparse = try model.isSparse()
      #expect(isSparse)
    }
  }

  /// One threshold for all: where weights are large, fewer go.
  @Test func theModelCanBeOneGroup() throws {
    try saved("prune weight { by magnitude, remove 50%, group = model }") { model, _ in
      let counts = try model.maskedCounts()
      let all = try counts.keys.reduce(0) { try $0 + model.weights.stored($1).shape.reduce(1, *) }
      #expect(counts.values.reduce(0, +) == all / 2)
      var (gone, kept) = (0.0, Double.infinity)
      let opened = try Golden("llama-gqa").model
      for id in opened.projections {
        let mask = try #require(try model.weights.mask(id))
        let sizes = try opened.weights.stored(id).abs().to(.float64)
        let none = try Tensor.zeros([], dtype: .float64)
        let all = try Tensor.full([], .infinity, dtype: .float64)
        gone = max(gone, try mask.choosing(none, else: sizes).max().scalar())
        kept = min(kept, try -(mask.choosing(sizes, else: all) * -1).max().scalar())
      }
      #expect(gone <= kept)
    }
  }

  /// With other masks the same weights are another model.
  @Test func masksArePartOfAModel() throws {
    try Fixture.withFolder { folder in
      _ = try TinyRun(
        "prune weight on windows { by wanda, remove 50% }\nsave \"OUT\"",
        in: folder
      ).report()
      func trained() throws -> LanguageModel {
        let text = """
          model "\(folder)/out"
          data windows = tokens "\(folder)/windows.txt"
          recover cpt on windows { steps = 2, batch = 2, learning_rate = 1e-2 }
          save "\(folder)/trained" { overwrite = true }
          """
        let recipe = Recipe.parse(SourceText(name: "test", text: text)).recipe
        let resolved = Resolver.resolve(
          recipe,
          registry: try Registry(BuiltinPlugins.all),
          folder: folder
        )
        let plan = try #require(resolved.plan, "\(resolved.diagnostics)")
        let work = try WorkFolder("\(folder)/work")
        let runs = try RunFolder(in: work.path, name: "test")
        let report = try Pipeline(
          plan,
          RunContext(scratch: runs.scratch),
          work,
          runs,
          build: "test"
        ).run()
        #expect(report.failures.isEmpty)
        return try LanguageModel(opening: "\(folder)/trained")
      }
      let sparse = try trained()
      #expect(try zeroShares(sparse).values.allSatisfy { $0 == 0.5 })
      try FileSystem.remove("\(folder)/out/billhook.masks")
      let filled = try trained()
      let zeros = try (filled.weights.stored(WeightID(.up, block: 0)) .== 0).sum(dtype: .int64)
      #expect(try zeros.scalar() == 0)
    }
  }

  @Test func unitsAndWeightsCanBeCompared() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        each unit in [mlp_channel, weight] {
          prune $unit { by magnitude, remove 25% }
          evaluate perplexity on windows
        }
        """,
        in: folder
      ).report()
      #expect(report.rows.map { $0.nonZero == nil } == [true, false])
    }
  }
}
