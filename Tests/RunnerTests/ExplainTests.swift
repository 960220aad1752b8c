import Testing
import TestSupport

/// `billhook explain`, as a user calls it.
@Suite struct ExplainTests {
  private func explain(_ name: String...) throws -> String {
    let outcome = try Billhook.run(["explain"] + name)
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
    #expect(output.contains("criteria (by NAME):\n"))
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
    ("taylr", "did you mean `taylor`?"), ("taylr+", "did you mean `taylor+`?"),
    ("E0O07", "did you mean `E0007`?"), ("block+", "did you mean `block`?"),
    ("anything", "`billhook explain` lists the plugins"),
    ("+", "no plugin and no code is named `+`"), ("", "no plugin and no code is named ``"),
  ])
  func aNameThatIsNone(name: String, says: String) throws {
    let outcome = try Billhook.run(["explain", name])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains(says), "\(outcome.errors)")
  }
}
