import BillhookCore
import BillhookRecipe

/// A plan on its way through `check`: what is known of the model before each step, and what was found.
package struct StepCheck {
  let inputs: PlanInputs
  let opened: LanguageModel
  /// The paths for which an error was reported already.
  let unusable: Set<String>
  /// The model as far as its sizes are known.
  var course: PruningCourse
  /// What was done to the source, as records of saved models say it.
  var derivation: [String]
  /// What was found.
  private(set) var diagnostics: [Diagnostic] = []

  init(_ inputs: PlanInputs, _ opened: LanguageModel, unusable: Set<String>) {
    self.inputs = inputs
    self.opened = opened
    self.unusable = unusable
    course = PruningCourse(opened)
    derivation = inputs.model.derivation
  }

  /// Notes what is wrong at a place.
  mutating func report(_ problem: PlanProblem, at span: SourceSpan) {
    diagnostics.append(Diagnostic(problem, at: span))
  }

  /// Notes what is wrong with a plugin, or with one of its parameters.
  mutating func report(_ problem: ParameterProblem, of plugin: any Plugin, at span: SourceSpan) {
    let name = problem.parameter ?? type(of: plugin).name
    report(.inconsistent(name, problem.message), at: span)
  }
}
