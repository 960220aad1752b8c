extension PluginTemplate {
  /// A value for each weight.
  static func criterion(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// What makes a weight important: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): SaliencyCriterion {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what the score is, for those who write recipes."

          /// The power that weights are raised to.
          var power = 2.0

          static let parameters = [
            Parameter<\(names.type)>(
              "power",
              \\.power,
              in: 0.5...4,
              help: "the power that weights are raised to"
            )
          ]

          // What has to be measured on data first goes here; then `statistics` has it:
          //
          //     let evidence: [any Evidence] = [Gradients()]
          //     … try statistics.result(of: Gradients()).require(id.role) …

          /// A value for each element of a weight, in its shape: fill in the formula.
          func saliency(of weight: Tensor, _ id: WeightID, _ statistics: Statistics) throws -> Tensor {
            try weight.abs().pow(power)
          }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          let violations = try Conformance.violations(of: \(names.type)())
          #expect(violations == [])
        }

        /// Fill in numbers that you worked out by hand.
        @Test func valuesByHand() throws {
          let weight = try Tensor([1, -2, 3, 0] as [Float], shape: [2, 2])
          let values = try \(names.type)().saliency(of: weight, WeightID(.down, block: 0), Statistics())
          let found = try values.floats()
          #expect(found == [1, 4, 9, 0])
        }
        """,
      statements: """
        evaluate perplexity on heldout

        prune block on calibration {
          by     \(names.plugin)
          remove 3
          keep   first 1 last 1
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
