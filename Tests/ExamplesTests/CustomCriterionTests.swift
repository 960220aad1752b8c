import BillhookConformance
import BillhookCore
import BillhookPlugins
import Testing
import TestSupport

@testable import CustomCriterion

/// Plugins that are not built in: what they compute, and how the executable with them runs.
@Suite struct CustomCriterionTests {
  /// Two tokens: (3, 4) becomes (3, 0) and then (3, 4); (0, 5) becomes (12, 5) and then (12, 0).
  private func activations() throws -> BlockActivations {
    try BlockActivations(
      entering: Tensor([3, 4, 0, 5] as [Float], shape: [1, 2, 2]),
      between: Tensor([3, 0, 12, 5] as [Float], shape: [1, 2, 2]),
      leaving: Tensor([3, 4, 12, 0] as [Float], shape: [1, 2, 2])
    )
  }

  @Test func sharesByHand() throws {
    let evidence = AddedShare()
    let found = try evidence.finish(evidence.observe(activations()))
    let (block, attention, mlp): (Double, Double, Double) = (
      13 / 12, 4 / 3 + 12 / 13, 4 / 5 + 5 / 12
    )
    let shares = [found[.block], found[.attention], found[.mlp]].compactMap { $0 }
    #expect(relativeDifference(shares, [block / 2, attention / 2, mlp / 2]) < 1e-12)
  }

  /// Against the hidden states themselves, block by block.
  @Test func scoresAreTheSharesOfTheModel() throws {
    let golden = try Golden("llama-gqa")
    let tokens = TokenSet(Array(golden.tokens.windows.prefix(1)), note: "")
    var expected: [Double] = []
    _ = try Traversal(golden.model, .testing()).forward(tokens, candidates: []) { _, states in
      let (x, y) = (try states[0].input.floats(), try states[0].output.floats())
      let width = golden.model.configuration.hiddenSize
      let shares = stride(from: 0, to: x.count, by: width).map { start in
        let token = start..<start + width
        let added = token.reduce(0.0) { $0 + Double((y[$1] - x[$1]) * (y[$1] - x[$1])) }
        let all = token.reduce(0.0) { $0 + Double(y[$1] * y[$1]) }
        return (added / all).squareRoot()
      }
      expected.append(shares.reduce(0, +) / Double(shares.count))
    }
    let unit = try #require(
      try Registry(BuiltinPlugins.all).plugin(.unit, named: "block") as? any PruningUnit.Type
    )
    let scores = try Scoring(golden.model, [unit.init()], .testing())
      .scored(by: RelativeMagnitude(), on: tokens)
    #expect(relativeDifference(scores.values, expected) < 1e-6)
  }

  @Test func onlyNormsAreTrained() throws {
    let golden = try Golden("llama-gqa")
    var recovery = NormTuning()
    recovery.training.steps = 2
    recovery.training.learningRate = 1e-2
    try Fixture.withFolder { folder in
      let context = RecoveryContext(
        run: .testing(scratch: folder),
        opened: golden.model,
        folder: folder
      )
      let trained = try recovery.train(golden.model, on: golden.tokens, context)
      var changed = 0
      for (id, shape) in golden.model.configuration.allWeights {
        let isSame = try trained.weights.stored(id).equals(golden.model.weights.stored(id))
        #expect(isSame == (id.role.kind != .norm), "\(id)")
        if !isSame { changed += shape.reduce(1, *) }
      }
      #expect(changed == recovery.trainedCount(of: golden.model))
    }
  }

  @Test func theyKeepTheirPromises() throws {
    var violations = try Conformance.violations(of: AddedShare())
    violations += try Conformance.violations(of: RelativeMagnitude())
    var recovery = NormTuning()
    recovery.training.steps = 4
    recovery.training.batch = 4
    violations += try Conformance.violations(of: recovery) { $0.role.kind != .norm }
    #expect(violations == [])
  }

  @Test func theRecipeRuns() throws {
    try ExampleRecipesTests.withExamples(ExampleRecipesTests.comparable) { folder in
      try FileSystem.makeDirectory("\(folder)/CustomCriterion")
      let path = "\(folder)/CustomCriterion/custom.recipe"
      let text = try FileSystem.read(
        "\(ExampleRecipesTests.examples)/CustomCriterion/custom.recipe"
      )
      try FileSystem.write(text, to: path)
      let run = try Billhook.run(["run", path, "--quiet"], of: "CustomCriterion")
      #expect(run.status == 0)
      #expect(run.errors.isEmpty, "\(run.errors)")
      let rows = run.output.split(separator: "\n").filter { $0.contains(" MB ") }
      let perplexities = rows.compactMap { row in
        row.split(separator: " ").last.flatMap { Double($0) }
      }
      try #require(rows.count == 3 && perplexities.count == 3, "\(run.output)")
      #expect(perplexities[0] < perplexities[2] && perplexities[2] < perplexities[1])
      let saved = try LanguageModel(
        opening: "\(folder)/CustomCriterion/out/relative-magnitude"
      )
      #expect(saved.blocks.count { $0.attention == nil } == 3)
    }
  }

  @Test func itIsTheWholeBillhook() throws {
    let own = try Billhook.run(["explain"], of: "CustomCriterion").output
    let plain = try Billhook.run(["explain"]).output
    let new = ["added_share", "norm_tuning", "relative_magnitude"]
    let names = { (text: String) in
      Set(
        text.split(separator: "\n").filter { $0.hasPrefix("  ") }.compactMap {
          $0.split(separator: " ").first.map(String.init)
        }
      )
    }
    #expect(names(own) == names(plain).union(new))
    let page = try Billhook.run(["explain", "norm_tuning"], of: "CustomCriterion").output
    #expect(page.contains("recover norm_tuning on training { learning_rate = 0.0001 }"))
    #expect(try Billhook.run(["explain", "norm_tuning"]).status == 1)
  }
}
