extension PluginTemplate {
  /// Block by block, the last one first.
  static func allocation(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// Which blocks lose units first: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, section.
        struct \(names.type): RankedAllocation {
          static let name = "\(names.plugin)"
          static let summary = "Fill in where the budget falls, for those who write recipes."

          /// The order in which steps are taken until the budget is met: fill in which.
          ///
          /// Each move lists rankings that take their next step together.
          func moves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]] {
            rankings.indices.reversed().flatMap { index in
              Array(repeating: [index], count: rankings[index].stepCount)
            }
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
        evaluate perplexity on heldout

        prune mlp_channel on calibration {
          by       wanda_sp
          remove   10%
          allocate \(names.plugin)
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true, architecture = custom }
        """,
      types: [names.type]
    )
  }
}
