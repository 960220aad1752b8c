extension PluginTemplate {
  /// What removed channels gave on average.
  static func repair(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// How what stays makes up for what goes: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): Repair {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what it adjusts, for those who write recipes."

          /// What is measured before the cut.
          let evidence: [any Evidence] = [InputMoments()]
          /// The units whose removal it can make up for.
          let granularities: Set<UnitGranularity> = [.heads, .channels]

          /// What is added to the bias of a projection that loses columns, `[out]`, and new values of
          /// its weight, `[out, in]`: fill in the formula.
          func repaired(_ cut: ProjectionCut, _ statistics: Statistics) throws -> RepairedProjection {
            let columns = try Tensor(cut.columns ?? []).to(device: cut.weight.device)
            let means = try statistics.result(of: InputMoments()).require(cut.id.role).mean
              .selecting(0, columns)
            let removed = try cut.weight.selecting(1, columns).to(.float64)
            let added = try removed.matmul(means.unsqueezed(1)).reshaped([-1]).to(.float32)
            return RepairedProjection(addedBias: added)
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
          by     flap
          remove 20%
          repair \(names.plugin)
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true, architecture = custom }
        """,
      types: [names.type]
    )
  }
}
