import BillhookModels
import BillhookRecipe

/// A plan in words: what would be done, with sizes before and after, what is done already, and the
/// memory that it takes.
public struct PlanOutline {
  /// One line for each thing.
  public private(set) var lines: [String] = []

  private let plan: Plan
  private let limit: Int?
  private let opened: LanguageModel
  private var entries: ArraySlice<Forecast.Entry>
  private var most: MemoryEstimate?

  /// Describes a plan that has no errors.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - forecast: What is done already; nil when nothing is known.
  ///   - limit: The bytes of memory that may be taken; nil for half of the machine's.
  /// - Throws: `ModelError` when the model cannot be opened.
  public init(_ plan: Plan, _ forecast: Forecast? = nil, within limit: Int? = nil) throws {
    self.plan = plan
    self.limit = limit
    opened = try plan.model.open()
    entries = forecast?.entries[...] ?? []
    lines = [
      "model    \(plan.model.name): \(opened.configuration.architecture), "
        + "\(opened.blocks.count) blocks, \(opened.parameterCount) parameters"
    ]
    let tokenizer = try? Tokenizer(contentsOf: opened.directory.tokenizerPath)
    for data in plan.data.values.sorted(by: { $0.span.start < $1.span.start }) {
      let bos = data.windows.beginning(
        ofText: type(of: data.source).yieldsText,
        isAdded: tokenizer?.beginningToken != nil
      )
      let note = data.windows.note(bos: bos)
      lines.append("data     \(data.name): \(data.source.signature), \(note)")
    }
    var course = PruningCourse(opened)
    try add(plan.steps, &course, indent: "")
    if let most {
      let all = MemoryEstimate.shown(limit ?? MemoryEstimate.ofMachine)
      let bound = limit == nil ? "this machine has" : "the limit is"
      lines.append("memory   \(most.text) beside the program at its peak; \(bound) \(all)")
    }
  }

  private mutating func add(_ steps: [Step], _ course: inout PruningCourse, indent: String) throws {
    for step in steps {
      if case .branch(let branch) = step {
        lines.append("\(indent)branch   \(branch.label)")
        var inner = course
        try add(branch.steps, &inner, indent: indent + "  ")
        continue
      }
      let before = course.model
      let entry = entries.popFirst()
      let isDone = entry?.outlook == .doneBefore
      let memory = isDone ? nil : try plan.memory(of: step, on: before, within: limit)
      if (memory?.bytes ?? 0) > (most?.bytes ?? 0) { most = memory }
      let notes = [memory?.fullText, entry?.outlook.text].compactMap { $0 }
      let line = Self.text(step, plan)
      lines.append(indent + ([line] + notes).joined(separator: "; "))
      guard case .prune(let removal) = step else { continue }
      let budget = try course.follow(removal)
      let more =
        try budget.map { try Self.text($0, before, opened) }
        ?? ["how much is left for it depends on the scores before"]
      let chosen = entry?.removed.map { Self.text($0, removal) }
      lines += (more + (chosen.map { [$0] } ?? [])).map { "\(indent)         \($0)" }
    }
  }

  private static func text(_ step: Step, _ plan: Plan) -> String {
    switch step {
    case .branch(let branch): return "branch   \(branch.label)"
    case .score(let step): return "score    \(text(step, plan))"
    case .recover(let step):
      return "recover  \(step.recovery.shortSignature) on \(plan.name(ofData: step.data))"
    case .evaluate(let step): return plan.stage(of: step)
    case .save(let step): return "save     \(step.format.signature) to \(step.path)"
    case .prune(let step):
      let rounds = step.rescoring.map { ", rescore every \($0)" } ?? ""
      let names = step.units.map { type(of: $0).name }.joined(separator: " and ")
      let data = step.data.map { " on \(plan.name(ofData: $0))" } ?? ""
      let spread = step.isSpreadByDefault ? "" : ", spread \(step.spread.signature)"
      let repairs = step.repairs.map { ", repair \($0.repair.signature)" }.joined()
      return "prune    \(names) by \(step.criterion.signature)\(data), \(step.amount), \(step.keep)"
        + spread + rounds + repairs
    }
  }

  private static func text(_ step: ScoreStep, _ plan: Plan) -> String {
    "\(type(of: step.unit).name) by \(step.criterion.signature)"
      + (step.data.map { " on \(plan.name(ofData: $0))" } ?? "")
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
      "\(selection.removed.count) of \(budget.removableCount) that may go: "
        + "from \(model.parameterCount) to \(share(selection.parameterCount))"
    ]
    if let last = selection.last {
      lines.append("one less: \(share(selection.parameterCount - last))")
    }
    if let next = selection.next {
      lines.append("one more: \(share(selection.parameterCount + next))")
    }
    return lines
  }

  /// The units that go, where the scores are known.
  private static func text(_ removed: [Int], _ step: PruneStep) -> String {
    let shown = removed.prefix(20).map(String.init).joined(separator: ", ")
    let rest = removed.count > 20 ? " and \(removed.count - 20) more" : ""
    return "what goes: \(type(of: step.units[0]).name) \(shown)\(rest)"
  }
}

extension Forecast.Outlook {
  /// What the outline says of it; nil for nothing.
  fileprivate var text: String? {
    switch self {
    case .doneBefore: "done before"
    case .doneAbove: "done above"
    case .ahead, .open: nil
    }
  }
}
