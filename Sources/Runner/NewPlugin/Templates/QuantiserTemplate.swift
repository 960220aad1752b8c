extension PluginTemplate {
  /// Rounds to the nearest code.
  static func quantiser(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// How weights become codes: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): Quantiser {
          static let name = "\(names.plugin)"
          static let summary = "Fill in how it chooses codes, for those who write recipes."

          /// What is measured of what enters projections, such as `InputGram()`; none here.
          let evidence: [any ActivationEvidence] = []

          /// The codes of a projection: fill in the rule.
          func quantised(
            _ projection: UnquantisedProjection,
            _ statistics: Statistics
          ) throws -> QuantisedMatrix {
            let columns = try projection.weight.transposed(0, 1).contiguous()
            // Inputs of a group share a scale; the grid has the numbers that codes can stand for.
            let grids = try projection.groups.map {
              try projection.grid(of: columns.narrowed(0, to: $0))
            }
            return try projection.matrix(of: columns, grids)
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

        prune block { by magnitude, remove 2 }
        quantise weight on calibration {
          by \(names.plugin)
          to    = int4
          group = 32
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
