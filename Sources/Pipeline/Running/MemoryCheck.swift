import BillhookCore
import BillhookRecipe

/// Compares the memory that the steps of a plan take with what there is.
struct MemoryCheck {
  private let plan: Plan
  private let available: Int
  private let limit: Int?

  /// A check against a number of bytes.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - available: The bytes.
  ///   - isLimit: Whether somebody set them as a limit, which methods are then chosen to keep.
  init(_ plan: Plan, _ available: Int, isLimit: Bool) {
    self.plan = plan
    self.available = available
    limit = isLimit ? available : nil
  }

  /// A warning for each statement that takes more than there is; an error where even a single
  /// window does.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  func diagnostics(of opened: LanguageModel) throws -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    return try diagnostics(of: plan.steps, on: opened).filter { seen.insert($0.span).inserted }
  }

  // The opened model is the largest, so the check need not remove anything; only masks add to it.
  private func diagnostics(of steps: [any PlanStep], on model: LanguageModel) throws
    -> [Diagnostic]
  {
    var model = model
    return try steps.flatMap { step -> [Diagnostic] in
      if let branch = step as? BranchStep { return try diagnostics(of: branch.steps, on: model) }
      let problem = try problem(with: step, on: model)
      if let sparse = step as? SparsePruneStep {
        model = sparse.presumingMasks(on: model, openedBlocks: model.opened.blocks.count)
      }
      return problem.map { [Diagnostic($0, at: step.span)] } ?? []
    }
  }

  private func problem(with step: any PlanStep, on model: LanguageModel) throws -> PlanProblem? {
    let needs = StepNeeds(plan.inputs, within: limit)
    guard let needed = try step.memory(on: model, needs), needed.bytes > available else {
      return nil
    }
    let short = StepNeeds(plan.inputs, within: limit, ofOneWindow: true)
    guard let least = try step.memory(on: model, short), least.bytes > available else {
      return .beyondMemory(
        needed.text,
        MemoryEstimate.shown(available),
        remedy: try step.remedy(on: model, needs, within: available)
      )
    }
    let message =
      "needs \(least.text) of memory for a single window, and "
      + (limit == nil ? "this machine has" : "the limit is")
      + " \(MemoryEstimate.shown(available))"
    return .unusableModel("\(plan.model.name): \(message)")
  }
}
