import BillhookCore
import Foundation
import Testing
import TestSupport

/// Every kind of unit by every criterion that is for it, from a recipe on the tiny model.
@Suite struct WidthRecipeTests {
  static let weights = [
    "magnitude", "magnitude { p = 2 }", "taylor", "taylor { reduce = vector }",
    "taylor { order = second }", "taylor { order = mixed }", "taylor { aggregate = sum_abs }",
  ]
  static let inputs = [
    "wanda_sp", "flap", "flap { metric = ifv }", "flap { metric = wifn }",
  ]
  static let combinations: [(unit: String, amount: String, criteria: [String])] = [
    (
      "block", "remove 2",
      weights + [
        "ppl", "block_influence", "angular_distance", "angular_distance { together = false }",
      ]
    ),
    ("attention", "remove 2", weights + ["ppl", "block_influence"]),
    ("mlp", "remove 2", weights + ["ppl", "block_influence"]),
    ("attention_head", "remove 33%", weights + inputs + ["ppl"]),
    ("attention_head", "remove 50%, granularity = query_head", weights + inputs + ["ppl"]),
    ("mlp_channel", "remove 25%, multiple_of = 8", weights + inputs),
    ("[attention_head, mlp_channel]", "remove 10% of parameters", weights + inputs),
    (
      "[attention_head, mlp_channel]", "remove 10% of parameters, allocate global",
      ["taylor", "flap"]
    ),
    ("[attention, mlp]", "remove 10% of parameters", ["taylor", "ppl", "block_influence"]),
  ]

  @Test(arguments: combinations.indices)
  func prunesAndSaves(index: Int) throws {
    let combination = Self.combinations[index]
    try ExampleRecipesTests.withExamples { folder in
      var recipe = """
        model "Models/tiny"
        data calibration = text "Data/train.txt" {
          windows = random, samples = 3, length = 24, seed = 5, bos = none
        }
        data heldout = text "Data/heldout.txt" {
          windows = random, samples = 2, length = 24, seed = 5, bos = none
        }

        """
      for (number, criterion) in combination.criteria.enumerated() {
        recipe += """
          branch "\(number)" {
            prune \(combination.unit) on calibration { by \(criterion), \(combination.amount) }
            evaluate perplexity on heldout
            save "out/\(number)" { architecture = custom }
          }

          """
      }
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/all.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/all.recipe", "--quiet"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty, "\(outcome.errors)")
      let opened = try LanguageModel(opening: Fixture.tinyModel)
      for number in combination.criteria.indices {
        let saved = try LanguageModel(opening: "\(folder)/out/\(number)")
        let share = Double(saved.parameterCount) / Double(opened.parameterCount)
        #expect(share > 0.7 && share < 0.97, "\(combination.criteria[number]): \(share)")
      }
    }
  }

  /// A recovery trains what is left, whatever its widths; what it trained is pruned again; and what a
  /// second run finds is what the first one left.
  @Test func whatIsNarrowIsTrainedAndPrunedAgain() throws {
    try ExampleRecipesTests.withExamples { folder in
      let recipe = """
        model "Models/tiny"
        data calibration = text "Data/train.txt" {
          windows = random, samples = 4, length = 32, seed = 5, bos = none
        }
        data heldout = text "Data/heldout.txt" {
          windows = random, samples = 2, length = 32, seed = 5, bos = none
        }
        prune [attention_head, mlp_channel] on calibration {
          by taylor, remove 10% of parameters, allocate global
        }
        recover lora on calibration { rank = 2 }
        prune mlp on calibration { by ppl, remove 1 }
        prune mlp_channel on calibration {
          by flap, remove 5%, repair bias_compensation, rescore every 80
        }
        evaluate perplexity on heldout
        save "out/again" { architecture = custom }
        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/again.recipe")
      let first = try Billhook.call(["run", "\(folder)/again.recipe", "--quiet"])
      #expect(first.status == 0)
      #expect(first.errors.isEmpty, "\(first.errors)")
      let saved = try LanguageModel(opening: "\(folder)/out/again")
      #expect(saved.blocks.count { $0.mlp == nil } == 1)
      #expect(Set(saved.blocks.compactMap(\.mlp?.width)).count > 1)
      let second = try Billhook.call(["run", "\(folder)/again.recipe"])
      #expect(second.status == 0)
      #expect(!second.errors.contains("evidence for"), "\(second.errors)")
      #expect(second.output.contains("perplexity heldout"))
    }
  }

  /// FLAP as in its paper: one ranking of standardised scores over heads and channels, and biases.
  @Test func compensatesWhatItRemoves() throws {
    try ExampleRecipesTests.withExamples { folder in
      let recipe = """
        model "Models/tiny"
        data calibration = text "Data/train.txt" {
          windows = random, samples = 24, length = 64, seed = 5, bos = none
        }
        data heldout = text "Data/heldout.txt" { length = 64, bos = none }
        branch "repaired" {
          prune [attention_head, mlp_channel] on calibration {
            by flap, remove 30% of parameters, allocate global, repair bias_compensation
          }
          evaluate perplexity on heldout
          save "out/flap" { architecture = custom }
        }
        """
      try FileSystem.write(Array(recipe.utf8), to: "\(folder)/flap.recipe")
      let outcome = try Billhook.call(["run", "\(folder)/flap.recipe", "--quiet"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty, "\(outcome.errors)")
      let saved = try LanguageModel(opening: "\(folder)/out/flap")
      #expect(saved.blocks.allSatisfy { $0.attention?.hasOutputBias == true })
      #expect(saved.blocks.allSatisfy { $0.mlp?.hasBias == true })
      #expect(Set(saved.blocks.compactMap(\.mlp?.width)).count > 1)
    }
  }
}
