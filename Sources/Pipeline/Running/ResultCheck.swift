import BillhookCore
import BillhookRecipe

/// Finds what a plan computes in vain: models that nobody looks at, and measurements that were made
/// before.
struct ResultCheck {
  private let plan: Plan
  private var found: [Diagnostic] = []

  /// Warnings about a plan.
  static func diagnostics(of plan: Plan) -> [Diagnostic] {
    var check = ResultCheck(plan: plan)
    _ = check.findLostResults(plan.steps)
    check.findRepetitions(plan.steps)
    return check.found
  }

  private init(plan: Plan) { self.plan = plan }

  // MARK: Lost results

  /// Reports changes of the model that nothing uses, the last of several in a row.
  ///
  /// - Returns: Whether the steps use the model that stands before them, and whether they change it.
  private mutating func findLostResults(_ steps: [any PlanStep]) -> (isUsed: Bool, changes: Bool) {
    var rest = (isUsed: false, changes: false)
    for step in steps.reversed() {
      switch step.use {
      case .looks: rest.isUsed = true
      case .inside(let steps):
        let inner = findLostResults(steps)
        rest = (inner.isUsed || rest.isUsed, inner.changes || rest.changes)
      case .changes(let keyword, let isWritten, _):
        if !rest.isUsed, !rest.changes, !isWritten { reportLoss(of: keyword, step.span) }
        rest = (rest.isUsed || isWritten, true)
      }
    }
    return rest
  }

  private mutating func reportLoss(of keyword: String, _ span: SourceSpan) {
    let place = SourceSpan(start: span.start, end: span.start + keyword.utf8.count)
    found.append(Diagnostic(.lostResult(keyword), at: place))
  }

  // MARK: Repetitions

  /// Reports what is measured twice of one model, in one run of statements.
  private mutating func findRepetitions(_ steps: [any PlanStep]) {
    var seen: [String: SourceSpan] = [:]
    for step in steps {
      switch step.use {
      case .inside(let steps): findRepetitions(steps)
      case .changes: seen = [:]
      case .looks(let measurement):
        guard let measurement else { continue }
        guard let first = seen.updateValue(step.span, forKey: measurement.identity) else {
          continue
        }
        seen[measurement.identity] = first
        guard first != step.span else { continue }
        found.append(
          Diagnostic(.repeatedMeasurement(measurement.statement, first: first), at: step.span)
        )
      }
    }
  }
}
