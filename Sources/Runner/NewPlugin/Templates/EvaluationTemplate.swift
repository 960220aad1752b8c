extension PluginTemplate {
  /// The loss in bits.
  static func evaluation(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// What is measured: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): Evaluation {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what the numbers are, for those who write recipes."

          /// Named numbers, each with how it was measured: fill in the formula.
          func measure(
            _ model: LanguageModel,
            on tokens: TokenSet,
            _ context: RunContext
          ) throws -> [Metric] {
            let loss = try Traversal(model, context).loss(on: tokens)
            return [
              Metric(
                name: "bits per token",
                value: loss.mean / 0.693_147_180_559_945_3,
                protocolNote: "\\(tokens.note), \\(loss.count) tokens"
              )
            ]
          }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          let violations = try Conformance.violations(of: \(names.type)())
          #expect(violations == [])
        }
        """,
      statements: """
        always { evaluate \(names.plugin) on heldout }

        prune block on calibration { by ppl, remove 3 }
        """,
      types: [names.type]
    )
  }
}
