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
  /// The directories that may hold the model as it stands.
  var savedAs: Set<String>
  /// What was done to the source, as records of saved models say it.
  var derivation: [String]
  /// What was found.
  private(set) var diagnostics: [Diagnostic] = []

  init(_ inputs: PlanInputs, _ opened: LanguageModel, unusable: Set<String>) {
    self.inputs = inputs
    self.opened = opened
    self.unusable = unusable
    course = PruningCourse(opened)
    savedAs = Set([inputs.model.directory].compactMap(\.self))
    derivation = inputs.model.derivation
  }

  /// Notes what is wrong at a place.
  mutating func report(_ problem: PlanProblem, at span: SourceSpan) {
    diagnostics.append(Diagnostic(problem, at: span))
  }

  /// Notes settings that name what the model does not have.
  ///
  /// - Parameters:
  ///   - parameters: The settings.
  ///   - root: What has them.
  ///   - span: Where the recipe says so.
  /// - Returns: Whether there is one.
  @discardableResult
  mutating func reportMissing<Root>(
    _ parameters: [Parameter<Root>],
    of root: Root,
    at span: SourceSpan
  ) -> Bool {
    // Another choice may leave what this one takes.
    let models = course.isKnown ? [opened, course.model] : [opened]
    var isReported = false
    for parameter in parameters {
      let missing = models.lazy.compactMap { parameter.missing(in: $0, for: root) }.first
      guard let missing else { continue }
      report(.inconsistent(parameter.name, missing), at: span)
      isReported = true
    }
    return isReported
  }

  /// Notes settings of a plugin that name what the model does not have.
  ///
  /// - Parameters:
  ///   - plugin: The plugin.
  ///   - span: Where the recipe says so.
  /// - Returns: Whether there is one.
  @discardableResult
  mutating func reportMissing<P: Plugin>(of plugin: P, at span: SourceSpan) -> Bool {
    reportMissing(P.parameters, of: plugin, at: span)
  }

  /// Notes what is wrong with a plugin, or with one of its parameters.
  mutating func report(_ problem: ParameterProblem, of plugin: any Plugin, at span: SourceSpan) {
    let name = problem.parameter ?? type(of: plugin).name
    report(.inconsistent(name, problem.message), at: span)
  }
}
