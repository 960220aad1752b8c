import BillhookCore
import BillhookRecipe

extension [ScoreStep] {
  /// Reports units that their criterion cannot tell apart, and files that do not hold what it needs.
  func check(_ check: inout StepCheck, at span: SourceSpan) {
    for step in self {
      do {
        let units = check.course.isKnown ? step.unit.units(of: check.course.model) : []
        try step.criterion.check(units)
      } catch {
        check.report(.inconsistent(type(of: step.criterion).name, "\(error)"), at: span)
      }
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
      return MemoryEstimate(bytes: isOfWeights ? try memory.weights() : 0, isLeast: false)
    }
    // Passes come one after the other.
    var estimates: [MemoryEstimate] = []
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    if !gradients.isEmpty {
      let onePerBatch = gradients.contains { $0.needsSamples }
      estimates.append(try memory.estimate(load, onePerBatch: onePerBatch))
    }
    if evidence.contains(where: { $0 is any RemovalEvidence }) {
      let units = unitCount(of: model)
      estimates.append(
        try memory.estimate(load, candidates: units, keepsStates: keepsStates)
      )
    }
    if evidence.contains(where: { $0 is any ActivationEvidence }) || estimates.isEmpty {
      // A direct criterion compares hidden states; others look at the inputs of projections.
      let isDirect = first.criterion is any DirectCriterion
      var estimate = try memory.estimate(load, seeing: isDirect ? .states : .inputs)
      // Criteria of weights are shown one block after the other.
      let found =
        isDirect ? load.results(of: evidence, on: model) : evidence.bytesPerBlock(of: model)
      estimate.bytes = estimate.bytes +| found
      estimates.append(estimate)
    }
    return estimates.max { $0.bytes < $1.bytes }
  }

  /// What gathering the evidence puts on disk, as far as settings tell: hidden states that wait, and what
  /// a later run goes on from.
  func onDisk(_ model: LanguageModel, _ needs: StepNeeds) throws -> Int {
    guard let first, first.calibration != nil else { return 0 }
    let memory = needs.traversal(of: model)
    let load = needs.load(first.data)
    let evidence = first.criterion.evidence
    var passes: [Int] = []
    let gradients = evidence.compactMap { $0 as? any GradientEvidence }
    if !gradients.isEmpty {
      let onePerBatch = gradients.contains { $0.needsSamples }
      passes.append(try memory.onDisk(load, onePerBatch: onePerBatch))
    }
    if evidence.contains(where: { $0 is any RemovalEvidence }) {
      passes.append(try memory.onDisk(load, candidates: unitCount(of: model)))
    }
    if evidence.contains(where: { $0 is any ActivationEvidence }) {
      let found = load.results(of: evidence, on: model)
      passes.append(try memory.onDiskOfSequential(load) +| 2 *| found)
    }
    return passes.max() ?? 0
  }

  private func unitCount(of model: LanguageModel) -> Int {
    flatMap { $0.unit.units(of: model) }.reduce(0) { $0 + $1.count }
  }
}
