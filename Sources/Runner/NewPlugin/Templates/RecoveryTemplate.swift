extension PluginTemplate {
  /// Training of the norms alone.
  static func recovery(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// What is trained, and how: fill in one sentence.
        ///
        /// Source: fill in authors, title, year, arXiv number, section.
        struct \(names.type): TrainingRecovery {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what is trained, for those who write recipes."

          var training = TrainingSettings()

          static let parameters = TrainingSettings.parameters(at: \\\(names.type).training)

          /// Whether the weights themselves are trained, and not updates beside them.
          let trainsWeights = true

          /// How often the data is gone through where a recipe does not say it.
          let usualEpochs = 1

          /// The number of elements that are trained.
          func trainedCount(of model: LanguageModel) -> Int {
            model.configuration.allWeights.filter { isTrained($0.id) }
              .reduce(0) { $0 + $1.shape.reduce(1, *) }
          }

          /// The trained model.
          func train(
            _ model: LanguageModel,
            on tokens: TokenSet,
            _ context: RecoveryContext
          ) throws -> LanguageModel {
            let weights = try WholeWeights(of: model, device: context.run.device, where: isTrained)
            var training = try Training(
              weights,
              on: tokens,
              training,
              epochs: usualEpochs,
              context
            )
            return try training.run()
          }

          /// Which weights are trained: fill in.
          private func isTrained(_ weight: WeightID) -> Bool { weight.role.kind == .norm }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          var recovery = \(names.type)()
          recovery.training.steps = 4
          recovery.training.batch = 4
          let violations = try Conformance.violations(of: recovery) { weight in
            // Fill in what must stay as it is.
            weight.role.kind != .norm
          }
          #expect(violations == [])
        }
        """,
      statements: """
        data stories = text "$billhook/Examples/Data/train.txt" { length = 128, samples = 32, bos = none }

        prune block on calibration { by ppl, remove 3 }
        evaluate perplexity on heldout

        recover \(names.plugin) on stories { batch = 8, learning_rate = 1e-2 }

        evaluate perplexity on heldout
        save "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
