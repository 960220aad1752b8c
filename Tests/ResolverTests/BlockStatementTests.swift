import BillhookRecipe
@testable import BillhookCore
@testable import BillhookPipeline
import Testing
import TestSupport

/// Loops and branches, written out into steps.
@Suite struct BlockStatementTests {
  /// The steps in short: labels of branches with what is in them, everything else by kind.
  private func outline(_ text: String, replacing: [String: Value] = [:]) throws -> String {
    let resolution = try Resolution("model \"m\"\n" + text, replacing: replacing)
    let plan = try #require(resolution.plan, "\(resolution.diagnostics)")
    return Self.outline(plan.steps)
  }

  private static func outline(_ steps: [any PlanStep]) -> String {
    steps.map { step in
      switch step {
      case let step as ScoreStep: "score \(type(of: step.criterion).name)"
      case let step as PruneStep:
        "\(step.amount) by \(step.criterion.map { type(of: $0).name } ?? "none")"
          + (step.rescoring.map { " every \($0)" } ?? "")
      case is RecoverStep: "recover"
      case let step as EvaluateStep: "evaluate \(step.data ?? "")"
      case let step as SaveStep: "save \(step.path)"
      case let branch as BranchStep: "\(branch.label)(\(outline(branch.steps)))"
      default: "another step"
      }
    }.joined(separator: "; ")
  }

  private func messages(_ text: String) throws -> [String] {
    try Resolution("model \"m\"\n" + text).diagnostics.map { "\($0.code) \($0.message)" }
  }

  @Test func eachIsABranchForEachValue() throws {
    #expect(
      try outline("each cut in [1, 2] { prune block { by magnitude, remove $cut } }")
        == "cut=1(remove 1 by magnitude); cut=2(remove 2 by magnitude)"
    )
  }

  @Test func nestedLoopsAreEveryCombination() throws {
    let text = """
      each criterion in [magnitude, magnitude+] {
        each cut in [1..2] { prune block { by $criterion, remove $cut } }
      }
      """
    let inner = "cut=1(remove 1 by magnitude); cut=2(remove 2 by magnitude)"
    #expect(try outline(text) == "criterion=magnitude(\(inner)); criterion=magnitude+(\(inner))")
  }

  @Test func listsCanBeVariablesAndValuesLists() throws {
    let text = """
      let sets = [[0, 1], [2]]
      each set in $sets { prune block { by magnitude, remove $set } }
      """
    #expect(
      try outline(text)
        == "set=[0, 1](remove [0, 1] by magnitude); set=[2](remove [2] by magnitude)"
    )
  }

  @Test func repeatGoesOnWithTheSameModel() throws {
    #expect(
      try outline("let n = 2\nrepeat $n { prune block { by magnitude, remove 1 } }")
        == "remove 1 by magnitude; remove 1 by magnitude"
    )
  }

  @Test func alwaysMeasuresHereAndAfterEveryRemoval() throws {
    let text = """
      data d = text "words.txt"
      prune block { by magnitude, remove 1 }
      always { evaluate perplexity on d }
      prune block { by magnitude, remove 1 }
      branch "x" { prune block { by magnitude, remove 1 }, score block { by magnitude } }
      """
    #expect(
      try outline(text)
        == "remove 1 by magnitude; evaluate d; remove 1 by magnitude; evaluate d; "
        + "x(remove 1 by magnitude; evaluate d; score magnitude)"
    )
  }

  @Test func whatIsDefinedInBracesEndsWithThem() throws {
    let text = """
      each n in [2, 3] {
        let twice = [$n]
        data d = text "words.txt" { length = $n }
        prune block { by magnitude, remove $twice }
        evaluate perplexity on d
      }
      """
    #expect(
      try outline(text)
        == "n=2(remove [2] by magnitude; evaluate d); n=3(remove [3] by magnitude; evaluate d@1)"
    )
    #expect(
      try messages(
        "branch \"a\" { let x = 1, prune block { by magnitude, remove $x } }\n"
          + "prune block { by magnitude, remove $x }"
      ) == ["E0104 no `let` defines `x` before this"]
    )
  }

  @Test func rescoreSaysHowOften() throws {
    #expect(
      try outline("prune block { by magnitude, remove 3, rescore every 2 }")
        == "remove 3 by magnitude every 2"
    )
    #expect(
      try messages("prune block { by magnitude, remove [1], rescore every 1 }")
        == ["E0209 `rescore`: the units are named, so no score decides what goes"]
    )
    for text in ["rescore", "rescore every", "rescore 2", "rescore every 0", "rescore every 2 3"] {
      let found = try messages("prune block { by magnitude, remove 1, \(text) }")
      #expect(found.count == 1)
      #expect(found[0].hasPrefix("E0202 `rescore` expects `every` and a whole number"))
    }
  }

  @Test func aLetCanBeReplaced() throws {
    let value = try #require(Value.parse(SourceText(name: "", text: "2")).value)
    #expect(
      try outline(
        "let cut = 1\nprune block { by magnitude, remove $cut }",
        replacing: ["cut": value]
      )
        == "remove 2 by magnitude"
    )
  }

  @Test(arguments: [
    ("each { }", "E0202 `each` expects a name, `in` and a list"),
    ("each x in 3 { score block { by magnitude } }", "E0202 `each` expects a list with at least"),
    ("each x in [] { score block { by magnitude } }", "E0202 `each` expects a list with at least"),
    ("each x in [1]", "E0203 `each` needs statements in braces"),
    ("repeat { score block { by magnitude } }", "E0202 `repeat` expects how often"),
    ("repeat 0 { score block { by magnitude } }", "E0202 `repeat` expects how often"),
    ("repeat 2 { }", "E0203 `repeat` needs a statement"),
    ("branch { score block { by magnitude } }", "E0202 `branch` expects one name in quotes"),
    ("branch 3 { score block { by magnitude } }", "E0202 `branch` expects a name in quotes"),
    ("branch \"a\" { model \"x\" }", "E0212 `model` stands inside braces"),
    ("always { prune block }", "E0106 `always` has no clause `prune`"),
    ("always 3 { }", "E0202 `always` expects nothing before its braces"),
    ("branch \"a\" { rank = 8 }", "E0103 `branch` has no setting `rank`"),
    (
      "repeat 2000 { repeat 10 { score block { by magnitude } } }",
      "E0211 with all loops written out, the recipe exceeds 10000 steps"
    ),
    (
      "repeat 2 { save \"out\" }",
      "E0209 `save`: the loop around it saves to the same path again"
    ),
  ])
  func whatIsWrongIsSaid(text: String, message: String) throws {
    let found = try messages(text)
    #expect(found.contains { $0.hasPrefix(message) }, "\(found)")
  }

  /// Neither takes time nor memory for each turn.
  @Test func loopsThatDoNothingEnd() throws {
    let loops = "repeat 10_000 { repeat 10_000 { repeat 10_000 { let a = 1 } } }"
    #expect(try messages(loops).filter { $0.hasPrefix("E") }.isEmpty)
    let saves = "repeat 10_000 { repeat 10_000 { save } }"
    #expect(try messages(saves).filter { $0.hasPrefix("E") }.count == 1)
  }

  @Test func aMistakeInALoopIsSaidOnce() throws {
    let found = try messages("each n in [1, 2, 3] { prune block { by magnitud, remove $n } }")
    #expect(found == ["E0102 no criterion is named `magnitud`"])
  }
}
