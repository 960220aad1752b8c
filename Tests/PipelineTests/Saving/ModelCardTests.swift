import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// The card beside a saved model: written with it, again when more is measured, and never over what is
/// somebody else's.
@Suite struct ModelCardTests {
  private static let recipe = """
    evaluate perplexity on windows
    prune block on windows { by magnitude, remove 1 }
    save "OUT" { overwrite = true }
    evaluate perplexity on windows
    """

  private static func card(_ folder: String) throws -> String {
    try Fixture.text("\(folder)/out/README.md")
  }

  @Test func saysWhatWasDoneAndWhatItCameTo() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(Self.recipe, in: folder).report()
      #expect(report.failures.isEmpty)
      let card = try Self.card(folder)
      for line in [
        "library_name: transformers", "# out", "## What was done", "## Before and after",
        "from transformers import AutoModelForCausalLM",
      ] {
        #expect(card.contains("\(line)\n"), "\(line)")
      }
      #expect(card.contains("1. prune block"))
      #expect(!card.contains("base_model:"))
      // The values after the save are there too, since the card was written again at the end.
      let values = report.rows.map { Quantity.number($0.metrics[0].value) }
      #expect(values.count == 2 && values[0] != values[1])
      #expect(card.contains("| perplexity windows | \(values[0]) | \(values[1]) |"))
      #expect(card.contains("| parameters | \(Quantity.count(report.rows[0].parameters)) | "))
      #expect(try SealedPage.isWhole("\(folder)/out/README.md", by: .save))
      // The record does not list it, so that it may change.
      let files = SavedRecord(in: "\(folder)/out")?.files?.files.map(\.name) ?? []
      #expect(files.contains("model.safetensors") && !files.contains("README.md"))
    }
  }

  /// A card is about the model that it was saved with, not about one that took its place meanwhile.
  @Test func aModelThatWasReplacedKeepsItsOwnCard() throws {
    try Fixture.withFolder { folder in
      let report = try TinyRun(Self.recipe, in: folder).report()
      let before = try Self.card(folder)
      func update(_ contents: JSON?) throws {
        let card = ModelCard(
          path: "\(folder)/out",
          branches: [],
          model: "another",
          derivation: ["something else"],
          run: try #require(report.run),
          sizes: [],
          licence: nil,
          loading: .format("huggingface"),
          contents: contents
        )
        try ModelCardFile.update(card, with: report)
      }
      try update(["model.safetensors": "of another run"])
      #expect(try Self.card(folder) == before)
      try update(SavedRecord.contents(in: "\(folder)/out"))
      #expect(try Self.card(folder).contains("something else"))
    }
  }

  /// Models that are called the same have rows and cards of their own, and what was measured in another
  /// branch of that name is not theirs.
  @Test func modelsOfOneNameAreToldApart() throws {
    try Fixture.withFolder { folder in
      let branches = [("a", "first 1"), ("b", "last 1")].map { name, kept in
        """
        branch "x" {
          evaluate perplexity on windows
          prune block on windows { by magnitude, remove 1, keep \(kept) }
          evaluate perplexity on windows
          save "OUT/\(name)"
        }
        """
      }
      let report = try TinyRun(branches.joined(separator: "\n"), in: folder).report()
      #expect(report.failures.isEmpty)
      let pruned = report.rows.filter { $0.state != ModelState.untouched }
      #expect(pruned.count == 2 && pruned[0].label == pruned[1].label)
      #expect(pruned[0].parameters == pruned[1].parameters && pruned[0].model != pruned[1].model)
      let states = report.states.filter { !$0.state.hasPrefix(ModelState.untouched) }
      #expect(states.map(\.label) == [pruned[0].label, "\(pruned[0].label) (2)"])
      let before = Quantity.number(report.rows[0].metrics[0].value)
      for (name, row) in zip(["a", "b"], pruned) {
        let value = Quantity.number(row.metrics[0].value)
        let card = try Fixture.text("\(folder)/out/\(name)/README.md")
        #expect(card.contains("| perplexity windows | \(before) | \(value) |"), "\(card)")
      }
      #expect(pruned[0].metrics != pruned[1].metrics)
    }
  }

  /// The size is that of the files: f16 matrices and f32 vectors here, of a model in f32.
  @Test func sizesAreThoseOfTheFormat() throws {
    try Fixture.withFolder { folder in
      let recipe = "save gguf \"OUT\" { type = f16 }"
      #expect(try TinyRun(recipe, in: folder).report().failures.isEmpty)
      let weights = try Golden("llama-gqa").model.configuration.allWeights
      let bytes = weights.reduce(0) { $0 + $1.shape.reduce($1.shape.count == 1 ? 4 : 2, *) }
      let before = weights.reduce(0) { $0 + $1.shape.reduce(4, *) }
      let line = "| size | \(Quantity.bytes(before)) | \(Quantity.bytes(bytes)) |"
      #expect(try Self.card(folder).contains(line))
    }
  }

  /// A card that somebody changed stays, and the model beside it is still what was saved there.
  @Test func aChangedCardStays() throws {
    try Fixture.withFolder { folder in
      _ = try TinyRun(Self.recipe, in: folder).report()
      let mine = "# Mine\n"
      try FileSystem.write(Array(mine.utf8), to: "\(folder)/out/README.md")
      let again = try TinyRun(Self.recipe, in: folder).report()
      #expect(again.failures.isEmpty)
      #expect(try Self.card(folder) == mine)
      // Another result does not take the place of a directory with somebody's card.
      let other = try TinyRun(
        Self.recipe.replacing("remove 1", with: "remove 2"),
        in: folder
      )
      let error = #expect(throws: StepError.self) { try other.report() }
      #expect(error?.message.contains("README.md (added)") == true)
      #expect(try Self.card(folder) == mine)
      // What a run that was killed while it wrote a card again left there is nobody's.
      let partial = "\(folder)/out/README.md\(FileSystem.unfinished)"
      try FileSystem.write([1], to: "\(folder)/moved")
      try FileSystem.rename("\(folder)/moved", to: partial)
      let same = try TinyRun(Self.recipe, in: folder).report()
      #expect(same.failures.isEmpty)
      #expect(!FileSystem.exists(partial))
      // A removed card stays away, and one of Billhook's goes with its directory.
      try FileSystem.remove("\(folder)/out/README.md")
      _ = try TinyRun(Self.recipe, in: folder).report()
      #expect(!FileSystem.exists("\(folder)/out/README.md"))
      _ = try other.report()
      #expect(try Self.card(folder).contains("prune block"))
    }
  }

  @Test func theCardOfTheBaseMovesAside() throws {
    try Fixture.withFolder { folder in
      let base = "\(folder)/base"
      try FileSystem.makeDirectory(base)
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(base)/\(name)")
      }
      let own = "---\nlanguage: en\nlicense: \"apache-2.0\"\n---\n# Base\n"
      try FileSystem.write(Array(own.utf8), to: "\(base)/README.md")
      let model = try LanguageModel(opening: base)
      let record = Provenance(
        recipe: "",
        source: "base",
        removals: [],
        derivation: [],
        parameters: (0, 0)
      )
      let saving = Saving(format: try Self.format(), context: RunContext(scratch: folder))
      let outcome = try saving.save(model, record, to: "\(folder)/out", overwrite: false) { _ in
        SealedPage("# Card\n", by: .save).text
      }
      #expect(outcome == .written)
      #expect(try Fixture.text("\(folder)/out/README.base.md") == own)
      #expect(try Self.card(folder).hasPrefix("# Card\n"))
      let licence = Licence(ofModelIn: base)
      #expect(licence?.name == "apache-2.0" && licence?.source == "card")
      // A model made of that one has its base's card, and none of Billhook's.
      #expect(Licence(ofModelIn: "\(folder)/out")?.name == "apache-2.0")
      let companions = try LanguageModel(opening: "\(folder)/out").directory.companions.names
      #expect(companions.contains("README.base.md") && !companions.contains("README.md"))
    }
  }

  private static func format() throws -> any Format {
    let plan = try Fixture.withFolder { try TinyRun("save \"OUT\"", in: $0).plan }
    let formats = plan.steps.compactMap { step in (step as? SaveStep).map(\.format) }
    return try #require(formats.first)
  }

  @Test(
    arguments: [
      ("---\nlicense: mit\n---\n", "mit"), ("---\r\nlicense: mit\r\n---\r\n", "mit"),
      ("---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"), ("license: mit\n", nil),
      ("---\na: b\n---\nlicense: mit\n", nil), ("", nil),
    ] as [(String, String?)]
  )
  func licencesAreReadFromTheHeadOfACard(card: String, name: String?) throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(card.utf8), to: "\(folder)/README.md")
      #expect(Licence(ofModelIn: folder)?.name == name)
    }
  }

  @Test func hubsAreToldOfALicenceAsTheyNameIt() throws {
    func front(_ card: String) throws -> [String]? {
      try Fixture.withFolder { folder in
        try FileSystem.write(Array("---\n\(card)\n---\n".utf8), to: "\(folder)/README.md")
        return Licence(ofModelIn: folder)?.front
      }
    }
    #expect(try front("license: mit # as the data") == ["license: mit"])
    let other = "license: other\nlicense_name: gemma\nlicense_link: https://example.org/LICENSE"
    #expect(
      try front(other) == [
        "license: other", "license_name: gemma", "license_link: https://example.org/LICENSE",
      ]
    )
    #expect(try front("license: other") == ["license: other"])
    #expect(try front("license: {a: b}") == [])
  }

  @Test func theConfigurationsLicenceComesFirst() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("---\nlicense: mit\n---\n".utf8), to: "\(folder)/README.md")
      try FileSystem.write(Array("{\"license\": \"gemma\"}".utf8), to: "\(folder)/config.json")
      #expect(Licence(ofModelIn: folder)?.name == "gemma")
      #expect(Licence(ofModelIn: folder)?.source == "configuration")
    }
  }
}
