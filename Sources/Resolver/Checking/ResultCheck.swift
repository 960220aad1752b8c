import BillhookCore
import BillhookPipeline
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
  private mutating func findLostResults(_ steps: [Step]) -> (isUsed: Bool, changes: Bool) {
    var rest = (isUsed: false, changes: false)
    for step in steps.reversed() {
      switch step {
      case .evaluate, .save, .score: rest.isUsed = true
      case .branch(let branch):
        let inner = findLostResults(branch.steps)
        rest = (inner.isUsed || rest.isUsed, inner.changes || rest.changes)
      case .prune(let step):
        if !rest.isUsed, !rest.changes { reportLoss(of: "prune", step.span) }
        rest.changes = true
      case .recover(let step):
        let isWritten = step.recovery.writesFiles
        if !rest.isUsed, !rest.changes, !isWritten { reportLoss(of: "recover", step.span) }
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
  private mutating func findRepetitions(_ steps: [Step]) {
    var seen: [String: SourceSpan] = [:]
    for step in steps {
      switch step {
      case .branch(let branch): findRepetitions(branch.steps)
      case .prune, .recover: seen = [:]
      case .score, .save: break
      case .evaluate(let step):
        let key = step.evaluation.signature + " on \(step.data ?? "")"
        guard let first = seen[key] else {
          seen[key] = step.span
          continue
        }
        guard first != step.span else { continue }
        let what = "evaluate \(type(of: step.evaluation).name)"
        found.append(Diagnostic(.repeatedMeasurement(what, first: first), at: step.span))
      }
    }
  }
}

extension Plugin {
  /// Whether it writes files that stay, wherever a recipe says.
  fileprivate var writesFiles: Bool {
    Self.parameters.contains { $0.files(of: self).contains { $0.kind == .output } }
  }
}
