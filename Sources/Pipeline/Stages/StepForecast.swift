import BillhookCore

/// What steps need to tell what is left of them.
package struct StepForecast {
  let inputs: PlanInputs
  let opened: LanguageModel
  let known: KnownStages
  /// The keys of the stages that the steps so far leave finished.
  private var coming: Set<String> = []

  init(_ inputs: PlanInputs, _ opened: LanguageModel, _ known: KnownStages) {
    self.inputs = inputs
    self.opened = opened
    self.known = known
  }

  /// A stage that is not done yet, unless a step above does it.
  mutating func entry(_ stage: String, _ key: StageKey) -> Forecast.Entry {
    let isNew = coming.insert(key.hash).inserted
    return Forecast.Entry(outlook: isNew ? .ahead : .doneAbove, stages: isNew ? [stage] : [])
  }
}
