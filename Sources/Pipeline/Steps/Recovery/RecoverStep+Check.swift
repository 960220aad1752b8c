import BillhookCore

extension RecoverStep {
  package func check(_ check: inout StepCheck) {
    do throws(ParameterProblem) {
      if recovery is any TrainingRecovery, check.inputs.model.dtype == .float16 {
        throw ParameterProblem(nil, TrainingError.tooShortForGradients)
      }
      // Which weights have a mask by now is known before any zero is.
      let masked = (try? check.course.model.maskedProjections()) ?? []
      try recovery.validate(for: check.opened.presumingMasks(of: masked))
      let parts = (recovery as? any TrainingRecovery)?.trainedParts
      if let problem = parts.flatMap({ check.course.problem(with: $0) }) {
        throw ParameterProblem("train", problem)
      }
      try checkLength(check)
      let problem = recovery.obstacleToExport(
        check.course.model,
        savedAs: check.savedAs,
        isCertain: check.course.isKnown
      )
      if let problem { throw problem }
      check.course.obstacleToSaving =
        check.course.obstacleToSaving ?? recovery.obstacleToSaving(check.course.model)
    } catch {
      check.report(error, of: recovery, at: span)
    }
  }

  /// Checks that something is left to train on, and that the learning rate has its steps, as far as the
  /// data tells now.
  private func checkLength(_ check: StepCheck) throws(ParameterProblem) {
    guard let recovery = recovery as? any TrainingRecovery else { return }
    let settings = recovery.training
    // Shares of all steps fit in any number of them.
    let isInSteps = [settings.warmup, settings.decay].contains { count in
      if case .steps? = count { true } else { false }
    }
    guard settings.heldOut != nil || isInSteps else { return }
    let steps = try stepCount(check.inputs, for: check.opened)
    if let steps { _ = try LearningRate(settings, steps: steps) }
  }

  /// The number of steps of the training.
  ///
  /// - Parameters:
  ///   - inputs: What the plan works with.
  ///   - opened: The model that the plan begins with; nil to look at no data that was not looked at before.
  /// - Returns: The number; nil where only the run tells.
  /// - Throws: `ParameterProblem` where nothing is left to train on.
  func stepCount(
    _ inputs: PlanInputs,
    for opened: LanguageModel? = nil
  ) throws(ParameterProblem) -> Int? {
    guard let recovery = recovery as? any TrainingRecovery else { return nil }
    return try inputs.windows.stepCount(of: recovery, on: data, inputs, for: opened)
  }
}
