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
  package var places: PlanPaths { PlanPaths(inputs, uses) }

  /// What its steps read and write, those in branches included.
  var uses: [PlanPaths.Use] {
    steps.single.map { PlanPaths.Use(span: $0.span, plugins: $0.plugins, output: $0.output) }
  }

  /// What its steps measure, those in branches included.
  var measurements: [MeasuredNames.Measurement] { steps.single.compactMap(\.measurement) }
}

extension [any PlanStep] {
  /// The steps in order, with those in branches in the place of the branches.
  var single: [any PlanStep] { flatMap { $0.inner?.steps.single ?? [$0] } }
}
