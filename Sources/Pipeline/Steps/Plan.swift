package import BillhookRecipe

/// A recipe resolved against a registry: typed, validated, ready to run.
package struct Plan: Sendable {
  /// The recipe, the model and the data.
  package let inputs: PlanInputs
  /// What is done, in order.
  package let steps: [any PlanStep]

  package init(_ inputs: PlanInputs, _ steps: [any PlanStep]) {
    self.inputs = inputs
    self.steps = steps
  }

  /// The recipe that it was made from.
  package var source: SourceText { inputs.source }
  /// The folder that paths in the recipe start from.
  package var folder: String { inputs.folder }
  /// The model that it starts with.
  package var model: ModelStep { inputs.model }
  /// The data sources by key.
  package var data: [String: DataStep] { inputs.data }

  /// The paths that it reads and writes, without a work folder.
  package var places: PlanPlaces { PlanPlaces(inputs, uses) }

  /// What its steps read and write, those in branches included.
  var uses: [PlanPlaces.Use] { steps.flatMap(\.uses) }

  /// What its steps measure, those in branches included.
  var measurements: [MeasuredNames.Measurement] { steps.flatMap(\.measurements) }
}

extension PlanStep {
  /// What the step reads and writes, or the steps in it do.
  fileprivate var uses: [PlanPlaces.Use] {
    if let branch = self as? BranchStep { return branch.steps.flatMap(\.uses) }
    return [PlanPlaces.Use(span: span, plugins: plugins, output: output)]
  }

  /// What the step measures, or the steps in it do.
  fileprivate var measurements: [MeasuredNames.Measurement] {
    if let branch = self as? BranchStep { return branch.steps.flatMap(\.measurements) }
    return (self as? EvaluateStep).map { [$0.measurement] } ?? []
  }

  /// One; for a branch, the number of steps in it.
  var count: Int { (self as? BranchStep)?.steps.count ?? 1 }
}

extension [any PlanStep] {
  /// The number of steps, those in branches counted, branches themselves not.
  var stepCount: Int { reduce(0) { $0 + (($1 as? BranchStep)?.steps.stepCount ?? 1) } }
}
