import BillhookFiles
import BillhookModels
import BillhookTorch
@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// Recipes that quantise: what they leave, save and find again.
@Suite struct QuantiseTests {
  private static let targets = "group = 32, targets = [query, key, value, gate, up]"

  private func roles(_ model: LanguageModel) -> Set<WeightRole> {
    Set(model.schemes.keys.map(\.role))
  }

  /// What is saved is opened again, with the same codes, and has become smaller.
  @Test(arguments: ["gptq", "gptq { act_order = true }", "round"])
  func savedCodesAreOpenedAgain(quantiser: String) throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune block { remove [1] }
        quantise weight on windows { by \(quantiser), symmetric = false, \(Self.targets) }
        save "OUT/first"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let first = try LanguageModel(opening: "\(folder)/out/first")
      #expect(roles(first) == [.query, .key, .value, .gate, .up])
      #expect(first.schemes.count == 15)
      let scheme = QuantisationScheme(bits: 4, group: 32, isSymmetric: false)
      #expect(first.schemes.values.allSatisfy { $0 == scheme })
      let opened = try Golden("llama-gqa").model
      #expect(try first.byteCount() < opened.byteCount() / 2)
      let config = try JSON(parsing: FileSystem.read("\(folder)/out/first/config.json"))
      let described = try #require(config["quantization_config"])
      #expect(described["quant_method"] == "gptq" && described["checkpoint_format"] == "gptq_v2")
      #expect(described["bits"] == 4 && described["group_size"] == 32 && described["sym"] == false)
      #expect(described["desc_act"]?.bool == quantiser.contains("act_order"))
      let lists = described["modules_in_block_to_quantize"]?.array
      let named = lists?.compactMap { $0.array?.first?.string }
      #expect(named?.contains("mlp.up_proj") == true && named?.contains("mlp.down_proj") == false)
      #expect(described["dynamic"]?["-:^model\\.layers\\.0\\.mlp\\.down_proj$"] != nil)
    }
  }

  /// Zeros of a sparse model stay where they are, with and without a zero of its own for each group.
  @Test(arguments: ["true", "false"], ["gptq", "round"])
  func zerosHold(symmetric: String, quantiser: String) throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        """
        prune weight on windows { by wanda, remove 50% }
        save "OUT/sparse"
        quantise weight on windows { by \(quantiser), symmetric = \(symmetric), \(Self.targets) }
        save "OUT/quantised"
        """,
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let sparse = try LanguageModel(opening: "\(folder)/out/sparse")
      let quantised = try LanguageModel(opening: "\(folder)/out/quantised")
      for id in sparse.projections {
        let before = try #require(try sparse.weights.mask(id))
        let after = try #require(try quantised.weights.mask(id))
        #expect(try before.hasSameBytes(as: after), "\(id)")
        let zeros = try quantised.weights.stored(id) .== 0
        let count = try (before .| zeros).sum(dtype: .int64).scalar()
        #expect(count == Double(before.shape.reduce(1, *)), "\(id)")
      }
    }
  }

  /// Blocks that are kept stay as they are, and the modules that are codes are named with their blocks.
  @Test func keptBlocksStayDense() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(
        "quantise weight { by round, keep first 1, \(Self.targets) }\nsave \"OUT\"",
        in: folder
      ).report()
      #expect(report.failures.isEmpty)
      let model = try LanguageModel(opening: "\(folder)/out")
      #expect(Set(model.schemes.keys.compactMap(\.block)) == [1, 2, 3])
      let config = try JSON(parsing: FileSystem.read("\(folder)/out/config.json"))
      let named =
        config["quantization_config"]?["modules_in_block_to_quantize"]?.array?
        .compactMap { $0.array?.first?.string } ?? []
      #expect(named.contains("model.layers.1.mlp.up_proj"))
      #expect(!named.contains("model.layers.0.mlp.up_proj"))
      let opened = try Golden("llama-gqa").model
      for id in opened.projections where id.block == 0 || id.role == .down {
        #expect(try opened.weights.stored(id).hasSameBytes(as: model.weights.stored(id)), "\(id)")
      }
    }
  }

  /// Codes are found again by everything that they depend on, and chosen anew by anything else.
  @Test func codesAreMadeOnce() throws {
    try Fixture.withFolder { folder in
      func stages(_ settings: String) throws -> [String] {
        let recipe = """
          quantise weight on windows { \(settings), \(Self.targets) }
          save "OUT" { overwrite = true }
          """
        let run = try TinyRun(recipe, in: folder)
        let expected = try run.forecast().entries.flatMap(\.stages)
          .filter { !$0.hasPrefix("save") }
        let stages = try run.run().values.flatMap(\.self).filter { !$0.hasPrefix("save") }
        #expect(stages == expected)
        return stages
      }
      let first = try stages("by gptq")
      #expect(first.count == 1)
      #expect(try stages("by gptq").isEmpty)
      #expect(try stages("by gptq { damping = 0.02 }").count == 1)
      #expect(try stages("by gptq, to = int8").count == 1)
      #expect(try stages("by gptq, symmetric = false").count == 1)
      #expect(try stages("by gptq, keep last 1").count == 1)
      #expect(try stages("by round").count == 1)
      #expect(try stages("by gptq").isEmpty)
    }
  }

  /// The record has the settings and the windows, and the outline has both sizes.
  @Test func theRecordSaysHow() throws {
    try Fixture.withFolder { folder in
      let run = try TinyRun(
        "quantise weight on windows { by gptq, \(Self.targets) }\nsave \"OUT\"",
        in: folder
      )
      let outline = try PlanOutline(run.plan, OpenedModel(run.plan.model), run.forecast()).lines
      let before = try Quantity.bytes(Golden("llama-gqa").model.byteCount())
      #expect(
        outline.contains {
          $0.hasSuffix("20 projections of 4 of 4 blocks: query, key, value, gate, up")
        }
      )
      #expect(outline.contains { $0.contains(" parameters become codes: \(before) -> ") })
      #expect(try run.report().failures.isEmpty)
      let record = try JSON(parsing: FileSystem.read("\(folder)/out/billhook.json"))
      let quantised = try #require(record["quantised"]?.array?.first)
      #expect(quantised["settings"]?.string?.hasPrefix("to = int4, group = 32") == true)
      #expect(quantised["quantiser"] == "gptq { damping = 0.01, act_order = false }")
      #expect(quantised["calibration"]?["tokens"]?.array?.isEmpty == false)
    }
  }
}
