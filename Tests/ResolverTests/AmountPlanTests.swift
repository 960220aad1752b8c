import BillhookCore
import BillhookPipeline
import BillhookRecipe
import Testing

/// What recipes say about how much goes, as it stands in the plan.
@Suite struct AmountPlanTests {
  private func prune(_ clauses: String, before: String = "") throws -> PruneStep {
    let plan = try Resolution.plan("model \"m\"\n\(before)\nprune block { \(clauses) }")
    guard let step = plan.steps.first as? PruneStep else { throw Missing() }
    return step
  }

  private struct Missing: Error {}

  private static func number(_ text: String) throws -> Number { try #require(Number(text)) }

  @Test(arguments: [
    ("remove 6", Amount.units(6)), ("remove 0", .units(0)), ("remove 1e1", .units(10)),
    ("remove [10, 13, 24..27]", .exactly([10, 13, 24, 25, 26, 27])),
    ("remove [24..24]", .exactly([24])), ("down to 26", .downToUnits(26)),
  ])
  func wholeNumbers(text: String, amount: Amount) throws {
    #expect(try prune("by magnitude, \(text)").amount == amount)
  }

  @Test func shares() throws {
    #expect(try prune("by magnitude, remove 20%").amount == .percentOfUnits(Self.number("20")))
    #expect(try prune("by magnitude, remove 100%").amount == .percentOfUnits(Self.number("100")))
    #expect(
      try prune("by magnitude, remove 12.5% of parameters").amount
        == .percentOfParameters(Self.number("12.5"))
    )
  }

  @Test func parametersThatAreLeft() throws {
    #expect(
      try prune("by magnitude, down to 5.5B parameters").amount
        == .downToParameters(Self.number("5.5"), unit: "B")
    )
    #expect(
      try prune("by magnitude, down to 500_000 parameters").amount
        == .downToParameters(Self.number("500000"), unit: "")
    )
  }

  @Test func memoryThatIsLeft() throws {
    var load = CacheLoad(context: 4096)
    #expect(
      try prune("by magnitude, down to 500MB { context = 4096 }").amount
        == .downToMemory(Self.number("500"), unit: "MB", load)
    )
    load.batch = 8
    #expect(
      try prune("by magnitude, remove 30% of memory { context = 4096, batch = 8 }").amount
        == .percentOfMemory(Self.number("30"), load)
    )
  }

  /// Other texts, other results.
  @Test func textsAreInKeys() throws {
    let texts = [
      "down to 1GB { context = 8 }", "down to 1GB { context = 9 }", "down to 8GB { context = 1 }",
      "down to 1GB { context = 8, batch = 2 }", "down to 1GiB { context = 8 }",
      "remove 1% of memory { context = 8 }", "remove 1% of memory { context = 8, batch = 2 }",
      "remove 1% of parameters", "remove 8% of memory { context = 1 }",
    ]
    let keys = try texts.map { try prune("by magnitude, \($0)").amount.keyPart.text(indent: nil) }
    #expect(Set(keys).count == texts.count)
    #expect(keys[0] == #"{"down_to_memory": ["1", "GB", 8, 1]}"#)
    let same = try prune("by magnitude, down to 1GB { context = 8, batch = 1 }").amount
    #expect(same.keyPart.text(indent: nil) == keys[0])
  }

  @Test(arguments: [
    "down to 1.5GiB { context = 4096 }", "down to 500MB { context = 0, batch = 8 }",
    "remove 30% of memory { context = 12 }",
    "remove 6", "remove 12.5%", "remove 20% of parameters", "remove [10, 13]", "down to 26",
    "down to 5.5B parameters", "down to 500000 parameters",
  ])
  func isShownAsItIsWritten(text: String) throws {
    #expect(try prune("by magnitude, \(text)").amount.description == text)
  }

  @Test func variables() throws {
    let before =
      "let cut = 6\nlet share = 20%\nlet last = 27\nlet blocks = [3, 24..$last]"
      + "\nlet size = 5.5B\nlet all = $cut"
    let rest = "\nprune block { by magnitude, remove "
    let plan = try Resolution.plan(
      "model \"m\"\n\(before)" + rest + "$all }" + rest + "$share of parameters }"
        + rest + "$blocks }" + rest + "[$cut, 24..$last] }"
        + "\nprune block { by magnitude, down to $size parameters }"
    )
    let amounts = plan.steps.compactMap { step in
      (step as? PruneStep)?.amount
    }
    #expect(
      try amounts == [
        .units(6), .percentOfParameters(Self.number("20")), .exactly([3, 24, 25, 26, 27]),
        .exactly([6, 24, 25, 26, 27]), .downToParameters(Self.number("5.5"), unit: "B"),
      ]
    )
  }

  private static let keeps: [(clauses: String, plain: Keep, plus: Keep)] = [
    ("", Keep(), Keep(first: 4, last: 2)),
    ("keep none", Keep(), Keep()),
    ("keep none, keep none", Keep(), Keep()),
    ("keep first 0", Keep(), Keep(first: 4, last: 2)),
    ("keep first 2", Keep(first: 2), Keep(first: 4, last: 2)),
    ("keep last 3", Keep(last: 3), Keep(first: 4, last: 3)),
    ("keep last 3 first 5", Keep(first: 5, last: 3), Keep(first: 5, last: 3)),
    ("keep first 4 last 2", Keep(first: 4, last: 2), Keep(first: 4, last: 2)),
    (
      "keep [3, 7..9]", Keep(numbers: [3, 7, 8, 9]),
      Keep(first: 4, last: 2, numbers: [3, 7, 8, 9])
    ),
    (
      "keep first 1 [3] last 2 [5]", Keep(first: 1, last: 2, numbers: [3, 5]),
      Keep(first: 4, last: 2, numbers: [3, 5])
    ),
    (
      "keep first 1, keep last 3, keep [3], keep first 2",
      Keep(first: 2, last: 3, numbers: [3]), Keep(first: 4, last: 3, numbers: [3])
    ),
  ]

  @Test(arguments: keeps.indices)
  func whatIsKept(index: Int) throws {
    let (clauses, plain, plus) = Self.keeps[index]
    let rest = clauses.isEmpty ? "" : ", \(clauses)"
    #expect(try prune("by magnitude, remove 6\(rest)").keep == plain)
    #expect(try prune("by magnitude+, remove 6\(rest)").keep == plus)
    if !clauses.isEmpty { #expect(try prune("\(clauses), remove 6, by magnitude+").keep == plus) }
  }

  @Test func keepsVariables() throws {
    let before = "let ends = 2\nlet blocks = [3, 7..9]\nlet rule = none\nlet which = last"
    let clauses = "keep first $ends $which $ends, keep $blocks"
    let text =
      "model \"m\"\n\(before)\nprune block { by magnitude, remove 1, \(clauses) }"
      + "\nprune block { by magnitude+, remove 1, keep $rule }"
    let keeps = try Resolution.plan(text).steps.compactMap { step in
      (step as? PruneStep)?.keep
    }
    #expect(keeps == [Keep(first: 2, last: 2, numbers: [3, 7, 8, 9]), Keep()])
  }

  @Test(arguments: ["keep none, keep [3]", "keep [3], keep none"])
  func noneExcludesOthers(clauses: String) throws {
    let text = "model \"m\"\nprune block { by magnitude+, remove 6, \(clauses) }"
    #expect(try Resolution(text).codes == ["E0209"])
  }
}
