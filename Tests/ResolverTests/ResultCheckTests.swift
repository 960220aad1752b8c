import BillhookPlugins
import BillhookRecipe
import TestSupport
import Testing

/// Warnings about what is computed in vain.
@Suite struct ResultCheckTests {
  private func found(_ text: String) throws -> [String] {
    let head = """
      model "Models/tiny"
      data d = text "Data/heldout.txt" { length = 64 }
      score block on d { by block_influence }

      """
    return try Fixture.withExamples { folder in
      let checked = try CheckedRecipe(head + text, named: "test", folder: folder, isRun: false)
      return checked.diagnostics.map { diagnostic in
        let line = checked.source.location(of: diagnostic.span.start).line - 3
        return "\(diagnostic.code) \(line)"
      }
    }
  }

  static let cut = "prune block { by magnitude, remove 1 }"
  static let train = "recover cpt on d { steps = 1 }"
  static let measure = "evaluate perplexity on d"

  @Test(arguments: [
    ([cut], ["W0406 1"]),
    ([train], ["W0406 1"]),
    ([cut, train], ["W0406 2"]),
    ([cut, measure], []),
    ([cut, "save \"out/a\""], []),
    ([cut, "score block { by magnitude }"], []),
    ([cut, measure, train], ["W0406 3"]),
    ([cut, "branch \"a\" { \(measure) }"], []),
    ([cut, "branch \"a\" { \(train) }"], ["W0406 2"]),
    (["branch \"a\" { \(cut) }", measure], ["W0406 1"]),
    ([cut, "branch \"a\" { \(train) }", measure], ["W0406 2"]),
    (["always { \(measure) }", cut, train], []),
    (["repeat 3 { \(cut) }"], ["W0406 1"]),
    (["repeat 3 { \(cut) }", measure], []),
    (["each c in [magnitude, magnitude+] { prune block { by $c, remove 1 } }"], ["W0406 1"]),
    (["recover lora on d { steps = 1, adapter = \"out/adapter\" }"], []),
    ([cut, "recover lora on d { steps = 1, adapter = \"out/adapter\" }"], []),
  ])
  func whatNobodyLooksAt(lines: [String], expected: [String]) throws {
    #expect(try found(lines.joined(separator: "\n")) == expected)
  }

  @Test(arguments: [
    ([measure, measure], ["W0407 2"]),
    ([measure, cut, measure], []),
    ([measure, train, measure], []),
    ([measure, "save \"out/a\"", measure], ["W0407 3"]),
    (["always { \(measure) }", measure], ["W0407 2"]),
    (["always { \(measure) }", cut, measure], ["W0407 3"]),
    ([measure, "branch \"a\" { \(measure) }"], []),
    ([measure, "branch \"a\" { \(cut), \(measure) }", measure], ["W0407 3"]),
    (["evaluate speed { repeat = 1 }", "evaluate speed { repeat = 2 }"], []),
    (["evaluate speed { repeat = 2 }", "evaluate speed { repeat = 2 }"], ["W0407 2"]),
  ])
  func whatIsMeasuredTwice(lines: [String], expected: [String]) throws {
    #expect(try found(lines.joined(separator: "\n")) == expected)
  }

  @Test func longRecipes() throws {
    #expect(try found("repeat 2000 { \(Self.train) }") == ["W0406 1"])
  }
}
