extension PluginTemplate {
  /// Each row exchanges its largest weight that went with its smallest that stays.
  static func refiner(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// Which weights come back, and which go in exchange: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, equation.
        struct \(names.type): Refiner {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what it exchanges, for those who write recipes."

          /// What is measured: what enters projections; or gradients, in a pass of their own.
          let evidence: [any Evidence] = [InputNorms()]
          /// As many weights of each row go as come back.
          let group = ComparisonGroup.row

          /// Masks with the same counts in each row, `[out, in]`: fill in the rule.
          func refined(
            _ projections: [MaskedProjection],
            _ statistics: Statistics
          ) throws -> [WeightRole: Tensor] {
            let norms = try statistics.result(of: InputNorms())
            var masks: [WeightRole: Tensor] = [:]
            // A pattern says what may go in exchange for what.
            for projection in projections where projection.pattern == nil {
              let role = projection.id.role
              let values = try projection.weight.abs() * norms.require(role).to(.float32)
              masks[role] = try exchanged(projection, values)
            }
            return masks
          }

          private func exchanged(_ projection: MaskedProjection, _ values: Tensor) throws -> Tensor {
            let rows = values.shape[0]
            let gone = try projection.gone
            let best = try gone.choosing(values, else: .full([], -1))
              .sorted(1, descending: true)
            let worst = try projection.mask.choosing(values, else: .full([], .infinity)).sorted(1)
            let isBetter = try (worst.values .< best.values).narrowed(1, to: 0..<1)
            func chosen(_ positions: Tensor) throws -> Tensor {
              try Tensor.zeros(values.shape, dtype: .bool, device: values.device)
                .scattering(1, positions.narrowed(1, to: 0..<1), from: isBetter.reshaped([rows, 1]))
            }
            return try (projection.mask .| chosen(best.positions)) .& .!chosen(worst.positions)
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

        prune weight on calibration {
          by     magnitude
          remove 50%
          refine \(names.plugin)
        }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
