import BillhookCore
import BillhookPipeline
import BillhookRecipe
import Testing
import TestSupport

/// What an outline says once earlier runs have found the scores.
@Suite struct PlanOutlineTests {
  /// A statement that cannot be done is named with its place, after those that can.
  @Test func aStatementThatCannotBeDone() throws {
    try Fixture.withFolder { folder in
      let cut = "prune block on windows { by magnitude, remove 1 }"
      let report = try TinyRun(cut, in: folder).report()
      let gone = try #require(report.removals.first?.removed["block"]?.first)
      let again = "prune block { remove [\(gone)] }"
      let run = try TinyRun("\(cut)\n\(again)", in: folder)
      let outline = try PlanOutline(run.plan, OpenedModel(run.plan.model), run.forecast())
      let fault = try #require(outline.fault)
      #expect(fault.message.contains("\(gone)"))
      #expect(fault.span == run.plan.steps[1].span)
      #expect(outline.lines.contains { $0.contains("by magnitude") })
      #expect(try TinyRun(cut, in: folder).outlineFault == nil)
    }
  }
}

extension TinyRun {
  fileprivate var outlineFault: StepError? {
    get throws { try PlanOutline(plan, OpenedModel(plan.model), forecast()).fault }
  }
}
