package import BillhookCore
package import BillhookRecipe

/// Things are done on the model as it stands; afterwards that model is the current one again.
///
/// Walks over steps go into it; the step itself leaves everything as it is.
package struct BranchStep: PlanStep {
  /// What tells it apart from the branches beside it.
  package let branch: Branch
  /// What is done, in order.
  package let steps: [any PlanStep]
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(branch: Branch, steps: [any PlanStep], span: SourceSpan) {
    self.branch = branch
    self.steps = steps
    self.span = span
  }

  /// The branch's label.
  package var label: String { branch.label }

  package var plugins: [any Plugin] { [] }
  package var inner: BranchStep? { self }
  package var use: ModelUse { .inside(steps) }
  package var isFree: Bool { true }

  package func run(_ state: ModelState, in run: PlanRun) -> ModelState { state }

  package func look(_ state: ModelState?, _ forecast: inout StepForecast)
    -> (Forecast.Entry, ModelState?)
  {
    (.doneBefore, state)
  }

  package func check(_ check: inout StepCheck) {}

  package func line(_ inputs: PlanInputs) -> String { "branch   \(label)" }
}
