extension PluginTemplate {
  /// A measure of activations, and a criterion that asks for it.
  static func evidence(_ names: PluginNames) -> PluginTemplate {
    let criterion = "\(names.type)Score"
    return PluginTemplate(
      source: """
        import BillhookCore

        /// What is measured while data runs through a block: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): ActivationEvidence {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what it measures, for those who write criteria."

          /// What some batches leave behind: fill in what can be added up, as numbers or tensors, which
          /// a run that is stopped writes to a file, and the next one reads.
          struct Sums: TensorBundle {
            var squares: Double
            var tokens: Int

            init(squares: Double, tokens: Int) {
              self.squares = squares
              self.tokens = tokens
            }

            var tensors: [String: Tensor] {
              get throws { ["squares": try Tensor([squares]), "tokens": try Tensor([tokens])] }
            }

            init(tensors: [String: Tensor]) throws {
              squares = try tensors.number("squares")
              tokens = try tensors.integer("tokens")
            }
          }

          /// Takes in the activations of one batch in one block: fill in the formula.
          func observe(_ batch: BlockActivations) throws -> Sums {
            let added = try (batch.leaving - batch.entering).pow(2).sum(dtype: .float64)
            return Sums(
              squares: try added.scalar(),
              tokens: batch.leaving.shape[0] * batch.leaving.shape[1]
            )
          }

          /// What both left behind, in any order.
          func merge(_ one: Sums, _ other: Sums) -> Sums {
            Sums(squares: one.squares + other.squares, tokens: one.tokens + other.tokens)
          }

          /// What criteria work with, once for each block.
          func finish(_ sums: Sums) -> Double { sums.squares / Double(sums.tokens) }
        }

        /// Scores blocks by what was measured.
        struct \(criterion): DirectCriterion {
          static let name = "\(names.plugin)_score"
          static let summary = "Fill in what the score is, for those who write recipes."

          let evidence: [any Evidence] = [\(names.type)()]
          let granularities: Set<UnitGranularity> = [.block]

          /// A score for each unit, higher for more important.
          func scores(of units: [PrunableUnit], _ statistics: Statistics) throws -> [Double] {
            try units.map { try statistics.result(of: \(names.type)(), inBlock: $0.block) }
          }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          let violations = try Conformance.violations(of: \(names.type)())
          #expect(violations == [])
          let violationsOfCriterion = try Conformance.violations(of: \(criterion)())
          #expect(violationsOfCriterion == [])
        }

        /// Fill in numbers that you worked out by hand: one window of two tokens of two channels.
        @Test func valuesByHand() throws {
          let batch = try BlockActivations(
            entering: Tensor([1, 1, 0, 2] as [Float], shape: [1, 2, 2]),
            between: Tensor([1, 1, 0, 2] as [Float], shape: [1, 2, 2]),
            leaving: Tensor([4, 5, 0, 3] as [Float], shape: [1, 2, 2])
          )
          let evidence = \(names.type)()
          let value = try evidence.finish(evidence.observe(batch))
          #expect(value == (9 + 16 + 1) / 2)
        }
        """,
      statements: """
        evaluate perplexity on heldout

        prune block on calibration {
          by     \(names.plugin)_score
          remove 3
          keep   first 1 last 1
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type, criterion]
    )
  }
}
