import BillhookCore
import BillhookPlugins
import Testing
import TestSupport

/// `billhook explain`, as a user calls it.
@Suite struct ExplainTests {
  private func explain(_ name: String...) throws -> String {
    let outcome = try Billhook.call(["explain"] + name)
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    #expect(outcome.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
    return outcome.output
  }

  @Test func listsThePlugins() throws {
    let output = try explain()
    for name in ["block", "taylor", "tokens", "perplexity", "huggingface"] {
      #expect(output.contains("\n  \(name) "))
    }
    #expect(output.contains("criteria (by NAME in prune and score):\n"))
    #expect(output.contains("`billhook explain E0102`"))
    #expect(output.contains("recoveries (recover NAME"))
  }

  @Test func aPluginWithItsSettings() throws {
    let output = try explain("magnitude")
    #expect(output.hasPrefix("magnitude (criterion): The sum of |w|^p"))
    #expect(output.contains("p       the power that weights are raised to\n"))
    #expect(output.contains("a whole number from 1 to 2; default 1\n"))
    #expect(output.contains("  prune block {\n    by magnitude { p = 1 }\n    remove 20%\n  }\n"))
    #expect(try explain("text").contains("file's path in quotes; required"))
    #expect(try explain("text").contains("settings of every data source:"))
    #expect(try explain("huggingface").contains("overwrite"))
  }

  @Test func wordsAndSettings() throws {
    #expect(try explain("prune").hasPrefix("prune (statement): "))
    #expect(try explain("remove").contains("  remove 20% of parameters  units with about a fifth"))
    #expect(try explain("on").hasPrefix("on (part): "))
    #expect(try explain("data").contains("  stride   tokens from one window's start to the next"))
    #expect(try explain("windows").hasPrefix("windows (setting)\n\nof `data`: "))
    #expect(try explain("learning_rate").contains("of `cpt`, `distill`, `lora`: "))
    #expect(try explain("bos").contains("of `data`"))
    // A statement, and a setting of an evaluation.
    let output = try explain("repeat")
    #expect(output.contains("repeat (statement): ") && output.contains("of `speed`: "))
    #expect(try explain().contains("statements (one per line):\n"))
  }

  @Test func whatWasPublished() throws {
    let output = try explain("flap")
    #expect(output.contains("\nfor attention_head, mlp_channel\n"))
    #expect(output.contains("\ncomputes:\n\n  m_j = Var(x_j) · Σ_i W_ij²        metric = wifv\n"))
    #expect(output.contains("An et al., FLAP, 2023, arXiv 2312.11983, section 3.2\n"))
    #expect(output.contains("\nwhere sources differ:\n\n  - The authors' code squares"))
    // What was not published says nothing of it.
    let scores = try explain("scores")
    #expect(!scores.contains("published:") && !scores.contains("computes:"))
  }

  static let published = BuiltinPlugins.all.filter { $0.reference != nil }.map { $0.name }

  @Test(arguments: published)
  func referencesFitATerminal(name: String) throws {
    let output = try Billhook.call(["explain", name]).output
    let lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex(of: "published:"))
    let end = lines[start...].firstIndex { $0.hasPrefix("settings") || $0 == "in a recipe:" }
    let first = try #require(lines.firstIndex(of: "computes:"))
    #expect(lines[first..<(end ?? lines.endIndex)].allSatisfy { $0.count <= 80 })
  }

  static let names =
    Set(BuiltinPlugins.all.map { $0.name }).sorted()
    + ["prune", "data", "keep", "seed", "activations", "train"]

  @Test(arguments: names)
  func wordsFitATerminal(name: String) throws {
    let lines = try explain(name).split(separator: "\n", omittingEmptySubsequences: false)
    let words = lines.prefix { $0 != "in a recipe:" }
    #expect(words.allSatisfy { $0.count <= 80 }, "\(words.filter { $0.count > 80 })")
  }

  @Test func longHelpGoesOnBelowItself() throws {
    let output = try explain("lora")
    #expect(
      output.contains(
        """
          epochs          passes over all windows; without any length, 2 for lora and 1
                          for others
                          a whole number from 1 to 100000; no default

        """
      ),
      "\(output)"
    )
  }

  @Test func thePlusOfACriterion() throws {
    let output = try explain("taylor+")
    #expect(output.hasPrefix("taylor+ (criterion): "))
    #expect(output.contains("`taylor+` is `taylor` with `keep first 4 last 2`"))
    #expect(output.contains("prune block on calibration {\n    by taylor+ {"))
  }

  @Test(arguments: ["E0007", "e0007", "W0401", "w0401", "E0401"])
  func aCodeInAnyCase(code: String) throws {
    #expect(try explain(code).hasPrefix("\(code.uppercased()): "))
  }

  @Test func examplesOfACode() throws {
    let output = try explain("E0203")
    #expect(
      output.contains("\nwrong:\n\n  model \"Models/tiny\"\n  prune block { by magnitude }\n")
    )
    #expect(output.contains("\nright:\n\n  model \"Models/tiny\"\n  prune block { by magnitude, r"))
  }

  @Test(arguments: [
    ("spread", "did you mean `allocate`?"), ("taylr", "did you mean `taylor`?"),
    ("taylr+", "did you mean `taylor+`?"), ("E0O07", "did you mean `E0007`?"),
    ("block+", "did you mean `block`?"),
    ("anything", "`billhook explain` lists what there is"),
    ("+", "nothing is named `+`"), ("", "nothing is named ``"),
    ("lr", "did you mean `learning_rate`?"), ("shortgpt+", "did you mean `block_influence+`?"),
    ("flash", "attention needs no setting"), ("layers", "did you mean `block`?"),
  ])
  func aNameThatIsNone(name: String, says: String) throws {
    let outcome = try Billhook.call(["explain", name])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
  }
}
