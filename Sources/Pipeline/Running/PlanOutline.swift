import BillhookCore
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
        + "\(counted(opened.blocks.count, "block")), \(opened.parameterCount) parameters"
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
      let all = MemoryEstimate.shown(limit ?? Machine.memory)
      let bound = limit == nil ? "this machine has" : "the limit is"
      lines.append(
        "memory   \(most.text) of working memory at the peak, beside the program; \(bound) \(all)"
      )
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
      let isFree = step.isCutOnly
      let memory = isDone ? nil : try plan.memory(of: step, on: before, within: limit)
      if (memory?.bytes ?? 0) > (most?.bytes ?? 0) { most = memory }
      let notes = [memory?.fullText, isFree ? nil : entry?.outlook.text].compactMap { $0 }
      let line = Self.text(step, plan)
      lines.append(indent + ([line] + notes).joined(separator: "; "))
      if let note = entry?.note { lines.append("\(indent)         note: \(note)") }
      guard case .prune(let removal) = step else { continue }
      let more = try text(of: removal, entry?.outcome, before, &course)
      lines += more.map { "\(indent)         \($0)" }
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
      let allocation = step.isAllocatedByDefault ? "" : ", allocate \(step.allocation.signature)"
      let repairs = step.repairs.map { ", repair \($0.repair.signature)" }.joined()
      let criterion = step.criterion.map { " by \($0.signature)" } ?? ""
      return "prune    \(names)\(criterion)\(data), \(step.amount), \(step.keep)"
        + allocation + rounds + repairs
    }
  }

  private static func text(_ step: ScoreStep, _ plan: Plan) -> String {
    "\(type(of: step.unit).name) by \(step.criterion.signature)"
      + (step.data.map { " on \(plan.name(ofData: $0))" } ?? "")
  }

  // MARK: Removals

  /// What is asked, what is reached, and what is left: as it is known from earlier runs, or else from
  /// the sizes alone.
  private func text(
    of step: PruneStep,
    _ outcome: Forecast.Outcome?,
    _ before: LanguageModel,
    _ course: inout PruningCourse
  ) throws -> [String] {
    let about = course.isSizeKnown ? "" : "about "
    guard let removal = try course.follow(step) else {
      return ["how much is left for it depends on the scores before"]
    }
    let from = "from \(about)\(before.parameterCount) parameters"
    let free = removal.budget.removableCount
    let lines: [String]
    if let outcome {
      course.goOn(with: outcome.model)
      let count = outcome.removed.reduce(0) { $0 + $1.numbers.count }
      lines =
        [
          outcome.reach?.text,
          "\(count) of \(free) that may go: \(from) to \(share(outcome.model.parameterCount))",
        ].compactMap(\.self) + outcome.removed.map(Self.text)
    } else {
      lines =
        text(removal, from, about, before.parameterCount)
        + (removal.budget.unknownShares.map { [$0] } ?? [])
    }
    return lines + Self.text(course.shape)
  }

  /// What is known of a removal before its units are scored.
  private func text(
    _ removal: PruningCourse.Removal,
    _ from: String,
    _ about: String,
    _ parameters: Int
  ) -> [String] {
    let free = removal.budget.removableCount
    switch removal.prospect {
    case .exact(let selection):
      let left = parameters - selection.parameterCount
      let lines: [String?] =
        [
          removal.budget.reach(of: selection.removed)?.text,
          "\(selection.removed.count) of \(free) that may go: \(from) to \(about)\(share(left))",
          selection.last.map { "one less: \(about)\(share(left + $0))" },
          selection.next.map { "one more: \(about)\(share(left - $0))" },
        ] + removal.budget.reasons(for: selection.removed)
      return lines.compactMap(\.self)
    case .between(let units, let gone):
      let counts =
        units.count == 1
        ? "\(units.lowerBound)" : "between \(units.lowerBound) and \(units.upperBound)"
      let decider = removal.budget.hasUnknownShares ? "shares" : "scores"
      return [
        "\(counts) of \(free) that may go, as the \(decider) will have it",
        "\(from) to between \(about)\(share(parameters - gone.upperBound)) and "
          + "\(share(parameters - gone.lowerBound))",
      ]
    }
  }

  private func share(_ left: Int) -> String {
    "\(left) (\(rounded(100 * Double(left) / Double(opened.parameterCount))) %)"
  }

  /// The units that go, where the scores are known.
  private static func text(_ removed: Forecast.RemovedUnits) -> String {
    guard !removed.numbers.isEmpty else { return "what goes: no \(removed.kind)" }
    let shown = removed.numbers.prefix(20).map(String.init).joined(separator: ", ")
    let rest = removed.numbers.count > 20 ? " and \(removed.numbers.count - 20) more" : ""
    return "what goes: \(removed.kind) \(shown)\(rest)"
  }

  /// The blocks, heads and channels that are left: in one line where they are short.
  private static func text(_ shape: ModelShapeSummary?) -> [String] {
    guard let shape else { return [] }
    let parts = shape.texts.map { "\($0.name) \($0.value)" }
    let line = "left: " + parts.joined(separator: "; ")
    return line.count <= 70 ? [line] : parts.map { "left: \($0)" }
  }
}

extension Step {
  /// Whether it only takes away named units, so that nothing is computed or kept for it.
  fileprivate var isCutOnly: Bool {
    guard case .prune(let step) = self else { return false }
    return step.scorings.isEmpty && step.repairs.isEmpty
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
