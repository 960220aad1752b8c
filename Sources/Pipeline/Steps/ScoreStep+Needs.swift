import BillhookCore
import BillhookRecipe

extension [ScoreStep] {
  /// Reports units that their criterion cannot tell apart.
  func check(_ check: inout StepCheck, at span: SourceSpan) {
    for step in self {
      let criterion = step.criterion as? any InputCriterion
      guard let obstacle = criterion?.obstacle(to: step.unit.units(of: check.course.model)) else {
        continue
      }
      check.report(.inconsistent(type(of: step.criterion).name, obstacle), at: span)
    }
  }

  /// The memory that gathering the evidence takes.
  func memory(
    on model: LanguageModel,
    _ needs: StepNeeds,
    keepsStates: Bool = false
  ) throws -> MemoryEstimate? {
    guard let first else { return nil }
    let memory = needs.traversal(of: model)
    let load = needs.load(first.data)
    let evidence = first.criterion.evidence
    if evidence.isEmpty {
      let isOfWeights = first.criterion is any SaliencyCriterion
      return MemoryEstimate(bytes: isOfWeights ? memory.weights() : 0, isLeast: false)
    }
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    guard gradients.isEmpty else {
      return try memory.estimate(load, onePerBatch: gradients.contains { $0.needsSamples })
    }
    let walks = evidence.contains { $0 is any RemovalEvidence }
    var estimate = try memory.estimate(
      load,
      candidates: walks ? unitCount(of: model) : 0,
      keepsStates: walks && keepsStates
    )
    // Criteria of weights are shown one block after the other.
    if first.criterion is any DirectCriterion {
      estimate.bytes = estimate.bytes +| load.results(of: evidence, on: model)
    }
    return estimate
  }

  /// The hidden states that gathering the evidence puts on disk, as far as settings tell; 0 where memory
  /// holds them.
  func spilled(on model: LanguageModel, _ needs: StepNeeds) throws -> Int {
    guard let first, first.calibration != nil else { return 0 }
    let memory = needs.traversal(of: model)
    let load = needs.load(first.data)
    let gradients = first.criterion.evidence.compactMap { $0 as? any GradientEvidence }
    guard gradients.isEmpty else {
      return try memory.spilled(load, onePerBatch: gradients.contains { $0.needsSamples })
    }
    let walks = first.criterion.evidence.contains { $0 is any RemovalEvidence }
    return try memory.spilled(load, candidates: walks ? unitCount(of: model) : 0)
  }

  private func unitCount(of model: LanguageModel) -> Int {
    flatMap { $0.unit.units(of: model) }.reduce(0) { $0 + $1.count }
  }
}
