import BillhookModels
import BillhookRecipe

/// A plan in words: what would be done, with sizes before and after.
public struct PlanOutline {
  /// One line for each thing.
  public let lines: [String]

  /// Describes a plan that has no errors.
  public init(_ plan: Plan) throws {
    let opened = try plan.model.open()
    var course = PruningCourse(opened)
    var lines = [
      "model    \(plan.model.name): \(opened.configuration.architecture), "
        + "\(opened.blocks.count) blocks, \(opened.parameterCount) parameters"
    ]
    for data in plan.data.values.sorted(by: { $0.span.start < $1.span.start }) {
      let bos = data.windows.beginning(ofText: type(of: data.source).yieldsText)
      let note = data.windows.note(bos: bos)
      lines.append("data     \(data.name): \(data.source.signature), \(note)")
    }
    lines += try Self.lines(plan.steps, &course, opened, plan, indent: "")
    self.lines = lines
  }

  private static func lines(
    _ steps: [Step],
    _ course: inout PruningCourse,
    _ opened: LanguageModel,
    _ plan: Plan,
    indent: String
  ) throws -> [String] {
    var lines: [String] = []
    for step in steps {
      switch step {
      case .branch(let branch):
        lines.append("branch   \(branch.label)")
        var inner = course
        lines += try Self.lines(branch.steps, &inner, opened, plan, indent: "  ")
      case .score(let step): lines.append("score    \(Self.text(step))")
      case .recover(let step):
        lines.append(
          "recover  \(step.recovery.shortSignature) on \(plan.data[step.data]?.name ?? step.data)"
        )
      case .evaluate(let step):
        lines.append(
          "evaluate \(step.evaluation.signature) on \(plan.data[step.data]?.name ?? step.data)"
        )
      case .save(let step): lines.append("save     \(step.format.signature) to \(step.path)")
      case .prune(let step):
        let before = course.model
        let rounds = step.rescoring.map { ", rescore every \($0)" } ?? ""
        let names = step.units.map { type(of: $0).name }.joined(separator: " and ")
        let repairs = step.repairs.map { ", repair \($0.repair.signature)" }.joined()
        let spread = step.isSpreadByDefault ? "" : ", spread \(step.spread.signature)"
        lines.append(
          "prune    \(names) by \(step.criterion.signature)"
            + (step.data.map { " on \($0)" } ?? "")
            + ", \(step.amount), \(step.keep)\(spread)\(rounds)\(repairs)"
        )
        if let budget = try course.follow(step) {
          lines += try Self.text(budget, before, opened)
        } else {
          lines.append("         how much is left for it depends on the scores before")
        }
      }
    }
    return lines.map { indent + $0 }
  }

  private static func text(_ step: ScoreStep) -> String {
    "\(type(of: step.unit).name) by \(step.criterion.signature)"
      + (step.data.map { " on \($0)" } ?? "")
  }

  /// What is asked, what is reached, and what one unit less or more would reach.
  private static func text(
    _ budget: Budget,
    _ model: LanguageModel,
    _ opened: LanguageModel
  ) throws -> [String] {
    let selection = try budget.anySelection()
    func share(_ removed: Int) -> String {
      let left = model.parameterCount - removed
      return "\(left) parameters (\(rounded(100 * Double(left) / Double(opened.parameterCount))) %)"
    }
    var lines = [
      "         \(selection.removed.count) of \(budget.removableCount) that may go: "
        + "from \(model.parameterCount) to \(share(selection.parameterCount))"
    ]
    if let last = selection.last {
      lines.append("         one less: \(share(selection.parameterCount - last))")
    }
    if let next = selection.next {
      lines.append("         one more: \(share(selection.parameterCount + next))")
    }
    return lines
  }
}
