import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// Compares what the steps of a plan take of memory with what there is.
struct MemoryCheck {
  private let plan: Plan
  private let available: Int
  private let limit: Int?

  /// A check against so many bytes.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - available: The bytes.
  ///   - isLimit: Whether somebody set them, so that ways are chosen to keep to them.
  init(_ plan: Plan, _ available: Int, isLimit: Bool) {
    self.plan = plan
    self.available = available
    limit = isLimit ? available : nil
  }

  /// A warning for each statement that takes more than there is; an error where even a single
  /// window does.
  ///
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func diagnostics(of opened: LanguageModel) throws -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    return try diagnostics(of: plan.steps, on: opened).filter { seen.insert($0.span).inserted }
  }

  // The opened model is the largest, so nothing has to be removed on the way.
  private func diagnostics(of steps: [Step], on model: LanguageModel) throws -> [Diagnostic] {
    try steps.flatMap { step -> [Diagnostic] in
      if case .branch(let branch) = step { return try diagnostics(of: branch.steps, on: model) }
      guard let needed = try plan.memory(of: step, on: model, within: limit),
        needed.bytes > available
      else { return [] }
      let least = try plan.memory(of: step, on: model, within: limit, ofOneWindow: true)
      guard let least, least.bytes > available else {
        let problem = PlanProblem.beyondMemory(
          needed.text,
          MemoryEstimate.shown(available),
          remedy: try remedy(for: step, on: model)
        )
        return [Diagnostic(problem, at: step.span)]
      }
      let message =
        "needs \(least.text) of memory for a single window, and "
        + (limit == nil ? "this machine has" : "the limit is")
        + " \(MemoryEstimate.shown(available))"
      let problem = PlanProblem.unusableModel("\(plan.model.name): \(message)")
      return [Diagnostic(problem, at: step.span)]
    }
  }

  /// Which settings would make a training fit; nil for other steps, and where the defaults do.
  private func remedy(for step: Step, on model: LanguageModel) throws -> String? {
    guard case .recover(let step) = step,
      let recovery = step.recovery as? any TrainingRecovery
    else { return nil }
    let window = plan.window(of: step.data, for: recovery)
    let dtype = plan.model.dtype
    let ways: [(String, Int?, KeptOfBlocks)] = [
      ("`activations = recompute`", nil, .inputs),
      ("`activations = recompute` and `micro_batch = 1`", 1, .inputs),
    ]
    for (words, microBatch, keeping) in ways {
      let needed = try recovery.memory(
        of: model,
        window: window,
        dtype: dtype,
        microBatch: microBatch
      ).total(keeping)
      if needed <= available { return "\(words) takes about \(MemoryEstimate.shown(needed))" }
    }
    return Self.fewerWeights(recovery)
  }

  /// How fewer weights would be trained, by the settings that there are for it.
  private static func fewerWeights<R: TrainingRecovery>(_ recovery: R) -> String {
    let names = Set(R.parameters.map(\.name))
    let ways = [
      names.contains("rank") ? "a smaller `rank`" : "low-rank updates (`lora`)",
      names.contains("targets") ? "fewer `targets`" : nil,
      names.contains("train") ? "fewer blocks (`train = […]`)" : nil,
    ]
    return "fewer trained weights, or shorter windows, would need less: "
      + ways.compactMap(\.self).joined(separator: ", ")
  }
}
