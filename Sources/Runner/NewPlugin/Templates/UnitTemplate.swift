extension PluginTemplate {
  /// Whole blocks.
  static func unit(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// What lives or dies together: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, section.
        struct \(names.type): PruningUnit {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what one unit is, for those who write recipes."

          /// How much of a block one unit is.
          let granularity = UnitGranularity.block

          /// The units of each block, with the slices of weights that belong to them: fill in which.
          func units(of model: LanguageModel) -> [BlockUnits] {
            model.blocks.map { block in
              let weights = model.configuration.weights(of: block)
              return BlockUnits(
                kind: Self.name,
                granularity: granularity,
                block: block,
                weights: weights
              )
            }
          }

          /// The gates that switch the units off; a cut removes just that: fill in which.
          func closing(_ units: [PrunableUnit], in gates: Gates, of model: LanguageModel) -> Gates {
            var gates = gates
            gates.closedBlocks.formUnion(units.map(\\.block))
            return gates
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

        prune \(names.plugin) on calibration {
          by     ppl
          remove 3
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
