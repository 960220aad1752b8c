import BillhookCore
import BillhookRecipe

extension GradualPruneStep {
  package func check(_ check: inout StepCheck) {
    let model = check.course.model
    training.check(&check)
    for (owner, problem) in problems(on: model, check) {
      check.report(.inconsistent(owner, problem), at: training.span)
    }
    // That nothing is left to train on is said already.
    if let steps = try? training.stepCount(check.inputs, for: check.opened) {
      do throws(ParameterProblem) {
        _ = try schedule.course(of: steps)
      } catch {
        check.report(
          .inconsistent(error.parameter ?? "gradual", error.message),
          at: scheduleSpan
        )
      }
    }
    pruning.check(&check)
  }

  /// What prevents that units go in the training, each with what is to blame.
  private func problems(on model: LanguageModel, _ check: StepCheck) -> [(String, String)] {
    guard let criterion = pruning.criterion else { return [] }
    let name = type(of: training.recovery).name
    guard let recovery = training.recovery as? any TrainingRecovery else {
      return [
        (
          name,
          "trains without steps that units could go in; write `recover lora`, `recover cpt` or "
            + "`recover distill`"
        )
      ]
    }
    var found: [(String, String)] = []
    let units = pruning.units.flatMap { $0.units(of: model) }
      .filter { !pruning.keep.contains($0.block, of: check.opened.blocks.count) }
    if let obstacle = criterion.obstacle(toScoring: units, in: recovery, of: model) {
      found.append((type(of: criterion).name, obstacle))
    }
    if recovery.training.result == .best {
      found.append(
        (
          "result",
          "`best` would take the weights of a step in which less was gone; leave it out in a `prune` "
            + "with `gradual`"
        )
      )
    }
    if !training.outputPaths.isEmpty {
      found.append(
        (
          name,
          "what it writes beside the model has the shapes from before the cut; leave the path out, and "
            + "save the model"
        )
      )
    }
    return found
  }
}
