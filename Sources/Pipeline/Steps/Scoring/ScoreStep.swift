package import BillhookCore
package import BillhookRecipe

/// Units are scored, and nothing is removed.
package struct ScoreStep: PlanStep {
  /// What is scored.
  package let unit: any PruningUnit
  /// What scores it.
  package let criterion: any Criterion
  /// The key of the calibration data; nil for a criterion that needs none.
  package let data: String?
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(unit: any PruningUnit, criterion: any Criterion, data: String?, span: SourceSpan) {
    self.unit = unit
    self.criterion = criterion
    self.data = data
    self.span = span
  }

  package var plugins: [any Plugin] { [unit, criterion] }
  package var use: ModelUse { .looks() }

  /// What gathering the evidence is called in progress and journal.
  var stage: String { "evidence for \(criterion.signature)" }

  /// The key of the data that the criterion is given; nil when it needs none.
  var calibration: String? { criterion.evidence.isEmpty ? nil : data }

  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    _ = try [self].scores(of: state, in: run, areAskedFor: true)
    return state
  }

  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard let state else { return (Forecast.Entry(outlook: .open, stages: [stage]), nil) }
    if try known(of: state, forecast.known) != nil { return (.doneBefore, state) }
    return (forecast.entry(stage, try key(of: state, forecast.known.keys)), state)
  }

  package func check(_ check: inout StepCheck) { [self].check(&check, at: span) }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    try [self].memory(on: model, needs)
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    DiskNeed(passing: try [self].onDisk(model, needs))
  }

  package func line(_ inputs: PlanInputs) -> String {
    "score    \(type(of: unit).name) by \(criterion.signature)"
      + (data.map { " on \(inputs.name(ofData: $0))" } ?? "")
  }
}
