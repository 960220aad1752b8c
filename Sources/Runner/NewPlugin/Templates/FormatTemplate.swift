extension PluginTemplate {
  /// A Hugging Face directory with one more file.
  static func format(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// How a model is written: fill in one sentence.
        ///
        /// What it writes is opened again by `read` and compared, bit by bit.
        struct \(names.type): Format {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what it writes, for those who write recipes."

          /// Writes the model into an empty directory: fill in what else belongs there.
          func write(
            _ model: LanguageModel,
            into directory: String,
            _ context: RunContext
          ) throws {
            try writer(model).write(into: directory)
            let card = "A model with \\(model.parameterCount) parameters.\\n"
            try FileSystem.write(Array(card.utf8), to: "\\(directory)/README.md")
          }

          /// Opens what `write` left, as a Hugging Face directory.
          func read(_ directory: String) throws -> LanguageModel {
            try LanguageModel(opening: directory)
          }

          /// Why it cannot hold a model of this shape, with what would work; nil where it can.
          func obstacle(to model: LanguageModel) -> String? {
            model.obstacle(to: .family)?.reason
          }

          /// The type in which a weight is written.
          func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType {
            try writer(model).dtype(of: weight)
          }

          private func writer(_ model: LanguageModel) -> ModelWriter {
            ModelWriter(model, dtype: nil, shardLimit: 5_000_000_000)
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
        prune block on calibration { by ppl, remove 3 }
        evaluate perplexity on heldout

        save \(names.plugin) "out/\(names.plugin)" { overwrite = true }
        """,
      types: [names.type]
    )
  }
}
