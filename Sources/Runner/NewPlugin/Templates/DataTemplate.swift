extension PluginTemplate {
  /// A text with a document on each line.
  static func data(_ names: PluginNames) -> PluginTemplate {
    PluginTemplate(
      source: """
        import BillhookCore

        /// Where documents come from: fill in one sentence.
        struct \(names.type): DataSource {
          static let name = "\(names.plugin)"
          static let summary = "Fill in what it reads, for those who write recipes."

          /// The file.
          var file = InputFile()

          static let parameters = [
            Parameter<\(names.type)>.argument("file", \\.file, help: "the file")
          ]

          /// The documents in their order, the same on every call: fill in how they are read.
          ///
          /// The engine makes token windows of them, by `length`, `windows`, `bos` and so on.
          func documents() throws -> [Document] {
            let text = try TextReader.text(file.path)
            return text.split(whereSeparator: \\.isNewline).map { .text(String($0)) }
          }
        }

        """,
      tests: """
        @Test func keepsItsPromises() throws {
          var source = \(names.type)()
          source.file = InputFile("Makefile")
          let violations = try Conformance.violations(of: source)
          #expect(violations == [])
        }

        /// Fill in what your documents look like.
        @Test func linesAreDocuments() throws {
          var source = \(names.type)()
          source.file = InputFile(".gitignore")
          let documents = try source.documents()
          #expect(documents.first == .text(".build/"))
        }
        """,
      statements: """
        data lines = \(names.plugin) "$billhook/Examples/Data/heldout.txt" {
          length = 128, join = "\\n", bos = none
        }

        evaluate perplexity on lines
        """,
      types: [names.type]
    )
  }
}
