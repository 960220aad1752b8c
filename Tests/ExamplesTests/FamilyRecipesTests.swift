import BillhookCore
import Foundation
import Testing
import TestSupport

/// The recipes for published models are sound, as far as `check` can tell without the models: each is
/// checked with a small random one whose configuration has the same form.
@Suite struct FamilyRecipesTests {
  static let folder = "\(ExampleRecipesTests.examples)/Families"

  /// For each recipe a configuration as it was released, with the sizes that are made smaller.
  static let models: [(recipe: String, released: String, sizes: [(String, JSON)])] = [
    (
      "smollm2", "tiny",
      [
        ("num_hidden_layers", 30), ("num_attention_heads", 9), ("num_key_value_heads", 3),
        ("head_dim", 8),
      ]
    ),
    (
      "llama3", "tiny",
      [
        ("num_hidden_layers", 28), ("num_attention_heads", 6), ("num_key_value_heads", 2),
        ("head_dim", 12),
      ]
    ),
    (
      "qwen3", "Qwen3-1.7B",
      [("num_attention_heads", 8), ("num_key_value_heads", 4), ("head_dim", 8)]
    ),
    ("gemma3", "gemma-3-1b-pt", [("head_dim", 16)]),
    (
      "mistral", "mistral",
      [("num_hidden_layers", 32), ("num_attention_heads", 8), ("num_key_value_heads", 4)]
    ),
  ]

  /// Recipes that compare methods on a model; they measure tasks, and save nothing.
  static let comparisons = [
    (recipe: "smollm2_healing", values: ["items=3"]),
    (recipe: "smollm2_methods", values: ["items=3", "shares=[20%]"]),
  ]

  @Test func everyRecipeHasAModel() throws {
    let recipes = try FileSystem.names(in: Self.folder).filter { $0.hasSuffix(".recipe") }
    let known =
      Self.models.map(\.recipe) + Self.comparisons.map(\.recipe) + [
        "smollm2_type", "smollm2_types",
      ]
    #expect(recipes.sorted() == known.map { "\($0).recipe" }.sorted())
  }

  @Test(arguments: models.indices)
  func recipesAreSound(index: Int) throws {
    let (recipe, released, sizes) = Self.models[index]
    try ExampleRecipesTests.withExamples { folder in
      let model = try Self.model(released, sizes, in: "\(folder)/made")
      let output = try Self.checked(recipe, with: model, in: folder)
      #expect(output.contains("recover") && output.contains("save"))
    }
  }

  @Test(arguments: comparisons)
  func comparisonsAreSound(recipe: String, values: [String]) throws {
    let (_, released, sizes) = try #require(Self.models.first { $0.recipe == "smollm2" })
    try ExampleRecipesTests.withExamples { folder in
      let model = try Self.model(released, sizes, in: "\(folder)/made")
      let rows = ["tasks=\(Fixture.path("tasks"))"]
      let output = try Self.checked(recipe, with: model, in: folder, values + rows)
      #expect(output.contains("distill { kept = 64") && output.contains("accuracy on openbookqa"))
    }
  }

  /// What one recipe saves, the other measures.
  @Test func typesAreSound() throws {
    // Rows of whole blocks, as the published model has.
    let sizes: [(String, JSON)] = [
      ("num_hidden_layers", 30), ("num_attention_heads", 8), ("num_key_value_heads", 4),
      ("head_dim", 8), ("hidden_size", 64),
    ]
    try ExampleRecipesTests.withExamples { folder in
      let model = try Self.model("tiny", sizes, in: "\(folder)/made")
      let saved = try Self.checked("smollm2_types", with: model, in: folder)
      #expect(saved.contains("out/types/without-6-healed-int4"), "\(saved)")
      let measured = try Self.checked("smollm2_type", with: model, in: folder, ["saved=\(model)"])
      #expect(measured.contains("evaluate likeness { k = 64, reference = "), "\(measured)")
    }
  }

  /// What `check` says of a recipe with a model; nothing is wrong with it.
  private static func checked(
    _ recipe: String,
    with model: String,
    in folder: String,
    _ values: [String] = []
  ) throws -> String {
    let text = try Fixture.text("\(Self.folder)/\(recipe).recipe")
    // The model is named where nobody has it yet.
    #expect(text.contains(/let source += "hub:/))
    let path = "\(folder)/\(recipe).recipe"
    try FileSystem.write(Array(text.utf8), to: path)
    let data = [("text", "Data/train.txt"), ("heldout", "Data/train.txt")]
      .filter { text.contains("let \($0.0) ") }.map { "\($0)=\($1)" }
    let lets = ["source=\(model)"] + data + values
    let checked = try Billhook.call(["check", path] + lets.flatMap { ["--let", $0] })
    #expect(checked.status == 0)
    #expect(checked.errors.isEmpty, "\(checked.errors)")
    #expect(try Billhook.call(["fmt", "--check", path]).status == 0)
    return checked.output
  }

  /// A random model beside the tiny model's tokenizer.
  private static func model(
    _ released: String,
    _ sizes: [(String, JSON)],
    in folder: String
  ) throws -> String {
    let tiny = Fixture.tinyModel
    let source =
      switch released {
      case "tiny": "\(tiny)/config.json"
      case "mistral": Fixture.path("models/mistral/config.json")
      default: Fixture.path("released/\(released).json")
      }
    try FileSystem.makeDirectory(folder)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileSystem.write(FileSystem.read("\(tiny)/\(name)"), to: "\(folder)/\(name)")
    }
    var text = try JSONText(FileSystem.read(source))
    let common: [(String, JSON)] = [
      ("vocab_size", 914), ("hidden_size", 72), ("intermediate_size", 512), ("bos_token_id", 0),
      ("eos_token_id", 1), ("pad_token_id", 1), ("max_position_embeddings", 2048),
    ]
    for (key, value) in common + sizes { text.set(key, to: value) }
    try FileSystem.write(text.bytes, to: "\(folder)/config.json")
    let model = try LanguageModel(new: "\(folder)/config.json", seed: RandomSeed(1))
    let path = "\(folder)/model"
    try FileSystem.makeDirectory(path)
    try ModelWriter(model, dtype: nil, shardLimit: 1 << 30).write(into: path)
    return path
  }
}
