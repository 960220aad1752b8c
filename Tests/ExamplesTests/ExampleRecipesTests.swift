import BillhookCore
import BillhookModels
import Foundation
import Testing
import TestSupport

/// Every recipe in Examples is sound as it is, runs with less, and says what the README says.
@Suite struct ExampleRecipesTests {
  static let examples = "\(Fixture.repository)/Examples"
  static let recipes = ((try? FileSystem.names(in: examples)) ?? []).filter {
    $0.hasSuffix(".recipe")
  }

  /// The bytes of long texts that tests need: what recipes do is the same with all of them.
  static let enough = ["heldout.txt": 6_000, "train.txt": 60_000]
  /// As many that perplexities can be compared.
  static let comparable = ["heldout.txt": 12_000, "train.txt": 200_000]

  /// Values with which a recipe does the same with less.
  private static let small = [
    "shares": "[50%]", "cuts": "[3]", "samples": "5", "windows": "2", "budget": "1100",
    "half": "550", "output": "2", "repeats": "2", "generations": "2", "population": "16",
    "steps": "6", "every": "1", "length": "64",
  ]

  /// The flags that give a recipe those of them which it names.
  private static func smaller(_ text: String) -> [String] {
    let names = text.split(separator: "\n").compactMap { line in
      line.hasPrefix("let ") ? line.dropFirst(4).prefix { !$0.isWhitespace } : nil
    }
    return names.compactMap { name in
      small[String(name)].map { ["--let", "\(name)=\($0)"] }
    }.flatMap { $0 }
  }

  /// Calls `body` with a folder that has the examples' models and data, so that a test leaves
  /// nothing in the checkout.
  static func withExamples(
    _ enough: [String: Int] = enough,
    _ body: (String) throws -> Void
  ) throws {
    try Fixture.withFolder { folder in
      func link(_ name: String) throws {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)",
          withDestinationPath: "\(examples)/\(name)"
        )
      }
      try link("Models")
      try FileSystem.makeDirectory("\(folder)/Data")
      for name in try FileSystem.names(in: "\(examples)/Data") {
        guard let bytes = enough[name] else {
          try link("Data/\(name)")
          continue
        }
        let lines = try FileSystem.read("\(examples)/Data/\(name)").prefix(bytes)
          .split(separator: UInt8(ascii: "\n")).dropLast()
        try FileSystem.write(
          Array(lines.joined(separator: [UInt8(ascii: "\n")])),
          to: "\(folder)/Data/\(name)"
        )
      }
      try body(folder)
    }
  }

  @Test(arguments: recipes)
  func recipesRun(name: String) throws {
    try Self.withExamples { folder in
      let text = try Fixture.text("\(Self.examples)/\(name)")
      try FileSystem.write(Array(text.utf8), to: "\(folder)/\(name)")
      let checked = try Billhook.call(["check", "\(folder)/\(name)"])
      #expect(checked.status == 0)
      #expect(checked.errors.isEmpty)
      // A training whose length is no value that a flag could give.
      let short = text.replacing("epochs = 4", with: "epochs = 1")
      try FileSystem.write(Array(short.utf8), to: "\(folder)/\(name)")
      let run = try Billhook.call(["run", "\(folder)/\(name)", "--quiet"] + Self.smaller(text))
      #expect(run.status == 0)
      #expect(run.errors.isEmpty)
      #expect(run.output.contains("perplexity "))
      guard run.output.contains("saved: ") else {
        #expect(try !Fixture.text("\(folder)/\(name)").contains("\nsave "))
        return
      }
      let saved = try #require(try FileSystem.names(in: "\(folder)/out").first)
      let model = try LanguageModel(opening: "\(folder)/out/\(saved)")
      let opened = try LanguageModel(opening: Fixture.tinyModel)
      // Masks leave as many parameters, of which fewer count.
      let left = try model.nonZeroCount() ?? model.parameterCount
      #expect(left < opened.parameterCount)
      _ = try model.directory.tokenizer()
    }
  }

  @Test func thereIsOneForEachCriterion() {
    #expect(
      Set(Self.recipes).isSuperset(of: [
        "quickstart.recipe", "ppl.recipe", "taylor.recipe", "magnitude.recipe", "scores.recipe",
        "sleb.recipe", "shortgpt.recipe", "deeper_layers.recipe", "llm_pruner.recipe",
        "wanda_sp.recipe", "flap.recipe", "wanda.recipe", "sparsegpt.recipe", "apt.recipe",
        "dsnot.recipe", "barber.recipe", "quantised.recipe",
        "alpha.recipe",
        "evolution.recipe", "policy_gradient.recipe",
        "loraprune.recipe",
      ])
    )
  }

  @Test func theReadmeShowsTheQuickstart() throws {
    let readme = try Fixture.text("\(Fixture.repository)/README.md")
    for line in try Fixture.text("\(Self.examples)/quickstart.recipe").split(separator: "\n") {
      #expect(readme.contains("    \(line)\n"))
    }
  }
}
