import BillhookCore
import BillhookRecipe

/// Compares the memory that the steps of a plan take with what there is.
struct MemoryCheck {
  private let plan: Plan
  private let available: Int
  private let limit: Int?
  private let device: Device

  /// A check against a number of bytes.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - available: The bytes.
  ///   - isLimit: Whether somebody set them as a limit, which methods are then chosen to keep.
  ///   - device: Where it is computed.
  init(_ plan: Plan, _ available: Int, isLimit: Bool, on device: Device) {
    self.plan = plan
    self.device = device
    self.available = available
    limit = isLimit ? available : nil
  }

  /// A warning for each statement that takes more than there is; an error where even a single
  /// window does.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  func diagnostics(of opened: LanguageModel) throws -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    return try diagnostics(of: plan.steps, from: PruningCourse(opened))
      .filter { seen.insert($0.span).inserted }
  }

  private func diagnostics(of steps: [any PlanStep], from start: PruningCourse) throws
    -> [Diagnostic]
  {
    var course = start
    return try steps.flatMap { step -> [Diagnostic] in
      if let inner = step.inner { return try diagnostics(of: inner.steps, from: course) }
      let problem = try problem(with: step, course)
      step.follow(&course)
      return problem.map { [Diagnostic($0, at: step.span)] } ?? []
    }
  }

  private func problem(with step: any PlanStep, _ course: PruningCourse) throws -> PlanProblem? {
    let model = course.model
    let needs = StepNeeds(plan.inputs, beside: course.opened, on: device, within: limit)
    guard let needed = try step.memory(on: model, needs), needed.bytes > available else {
      return nil
    }
    let short = StepNeeds(
      plan.inputs,
      beside: course.opened,
      on: device,
      within: limit,
      ofOneWindow: true
    )
    guard let least = try step.memory(on: model, short), least.bytes > available else {
      let (most, room) = told(needed)
      let remedy = try step.remedy(on: model, needs, within: available)
      return .beyondMemory(most, room, remedy: remedy)
    }
    let (need, room) = told(least)
    let message =
      "needs \(need) of memory for a single window, and "
      + (limit == nil ? (device == .cpu ? "this machine has" : "\(device) has") : "the limit is")
      + " \(room)"
    return .unusableModel("\(plan.model.name): \(message)")
  }

  /// What is needed and what there is, in words; in bytes where both would be the same words.
  private func told(_ needed: MemoryEstimate) -> (need: String, room: String) {
    let room = MemoryEstimate.shown(available)
    guard MemoryEstimate.shown(needed.bytes) == room else { return (needed.text, room) }
    return ("\(needed.isLeast ? "at least" : "about") \(needed.bytes) bytes", "\(available) bytes")
  }
}
