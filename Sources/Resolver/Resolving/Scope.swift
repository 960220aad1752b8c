import BillhookPipeline
import BillhookRecipe

/// What can be named at a place of a recipe: what was defined before it, and not inside braces that
/// are closed again.
struct Scope {
  var variables: [String: Variable] = [:]
  /// The keys of the data in the plan, by the names that recipes give them.
  var dataKeys: [String: String] = [:]
  /// What is measured after every `prune` and `recover`.
  var always: [EvaluateStep] = []
}

extension Resolver {
  /// Goes back to what could be named outside of the braces.
  mutating func endScope(_ outer: Scope) {
    var after = outer
    for (name, variable) in scope.variables {
      if outer.variables[name] != nil {
        after.variables[name]?.isUsed = variable.isUsed
      } else if !variable.isUsed, !variable.isOfLoop {
        unused.append((.unused("let", name: name), variable.span))
      }
    }
    scope = after
  }

  /// Adds a step, and what is always measured after it.
  mutating func add(_ step: any PlanStep, at span: SourceSpan) {
    guard !isFull else { return }
    stepCount += 1
    guard stepCount <= Self.mostSteps else {
      report(.tooManySteps(Self.mostSteps), at: span)
      isFull = true
      return
    }
    steps.append(step)
    if case .changes = step.use { for step in scope.always { add(step, at: span) } }
  }
}
