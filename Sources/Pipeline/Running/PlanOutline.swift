import BillhookRecipe
package import BillhookCore

/// A plan in words: what would be done, with sizes before and after, what is done already, and the
/// memory and the disk that it takes.
package struct PlanOutline {
  /// The lines of text.
  package private(set) var lines: [String] = []
  /// The first step that cannot be done, as far as is known; the lines end before it.
  package private(set) var fault: StepError?

  private let plan: Plan
  private let needs: StepNeeds
  private var entries: ArraySlice<Forecast.Entry>
  private var most: MemoryEstimate?

  /// Describes a plan whose recipe has no errors.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - opened: Its model.
  ///   - forecast: What is done already; nil when nothing is known.
  ///   - work: The work folder; nil for no word of disks.
  ///   - device: Where it is computed.
  ///   - limit: The bytes of memory that may be taken; nil for half of what there is.
  package init(
    _ plan: Plan,
    _ opened: OpenedModel,
    _ forecast: Forecast? = nil,
    work: String? = nil,
    on device: Device = .cpu,
    within limit: Int? = nil
  ) {
    self.plan = plan
    needs = StepNeeds(plan.inputs, beside: opened.model, on: device, within: limit)
    entries = forecast?.entries[...] ?? []
    let opened = opened.model
    lines = [
      "model    \(plan.model.name): \(opened.configuration.architecture), "
        + "\(counted(opened.blocks.count, "block")), \(opened.parameterCount) parameters"
    ]
    let tokenizer = try? opened.directory.tokenizer()
    for data in plan.data.values.sorted(by: { $0.span.start < $1.span.start }) {
      if let tokenizer, let size = try? plan.inputs.sizes.find(data, for: opened, tokenizer) {
        lines.append("data     \(data.name): \(data.source.signature), \(size.text)")
        continue
      }
      if data.source is any ConversationSource || data.source is any MixedSource {
        let length = data.windows.length.map { "length \($0)" }
        let whole = data.source is any MixedSource ? "whole documents" : "whole conversations"
        lines.append("data     \(data.name): \(data.source.signature), \(length ?? whole)")
        continue
      }
      let bos = data.windows.beginning(
        ofText: type(of: data.source).yieldsText,
        isAdded: tokenizer?.beginningToken != nil
      )
      let note = data.windows.note(bos: bos)
      lines.append("data     \(data.name): \(data.source.signature), \(note)")
    }
    var course = PruningCourse(opened)
    do throws(StepError) {
      try add(plan.steps, [], &course, indent: "")
    } catch {
      fault = error
    }
    if let most {
      let bound =
        limit.map { "; the limit is \(MemoryEstimate.shown($0))" } ?? Self.memory(of: device)
      lines.append(
        "memory   \(most.text) of working memory at the peak, beside the program\(bound)"
      )
    }
    guard let work else { return }
    let disks = DiskCheck(plan, work, room: nil, on: device, memory: limit)
    // A model that cannot be looked at was reported already.
    lines += (try? disks.lines(of: opened)) ?? []
  }

  /// How much memory there is, in words; none where nobody knows.
  private static func memory(of device: Device) -> String {
    if device == .cpu { return "; this machine has \(MemoryEstimate.shown(Machine.memory))" }
    return device.freeMemory.map { "; \(MemoryEstimate.shown($0)) of \(device) are free" } ?? ""
  }

  private mutating func add(
    _ steps: [any PlanStep],
    _ branches: [Branch],
    _ course: inout PruningCourse,
    indent: String
  ) throws(StepError) {
    for step in steps {
      if let branch = step.inner {
        lines.append(indent + branch.line(plan.inputs))
        var inner = course
        try add(branch.steps, branches + [branch.branch], &inner, indent: indent + "  ")
        continue
      }
      do {
        try add(step, &course, indent)
      } catch {
        let message = "\(error)"
        throw StepError(span: step.span, stage: nil, message: message, branches: branches)
      }
    }
  }

  private mutating func add(
    _ step: any PlanStep,
    _ course: inout PruningCourse,
    _ indent: String
  ) throws {
    let entry = entries.popFirst()
    let isDone = entry?.outlook == .doneBefore
    let memory = isDone ? nil : try step.memory(on: course.model, needs)
    if (memory?.bytes ?? 0) > (most?.bytes ?? 0) { most = memory }
    let notes = [memory?.fullText, step.isFree ? nil : entry?.outlook.text].compactMap { $0 }
    let details = try step.details(entry, &course, needs)
    lines.append(indent + ([step.line(plan.inputs)] + notes).joined(separator: "; "))
    if let note = entry?.note { lines.append("\(indent)         note: \(note)") }
    lines += details.map { "\(indent)         \($0)" }
  }
}

extension Forecast.Outlook {
  /// What the outline says of the outlook; nil for nothing.
  fileprivate var text: String? {
    switch self {
    case .doneBefore: "done before"
    case .doneAbove: "done above"
    case .ahead, .open: nil
    }
  }
}
