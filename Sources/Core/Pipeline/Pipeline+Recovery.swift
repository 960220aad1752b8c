import BillhookModels

extension Pipeline {
  /// Trains a model, unless that was done before; a training that was stopped goes on.
  func recover(
    _ step: RecoverStep,
    _ before: ModelState,
    in branches: [Branch]
  ) throws -> ModelState {
    var state = before
    let key = try keys.training(step, of: before)
    let place = work.trainings.folder(of: key)
    func context(_ run: RunContext, log: String?) -> RecoveryContext {
      RecoveryContext(
        // New weights go where a later run finds them.
        run: run.keepingScratch(at: place),
        opened: opened,
        savedAs: before.savedAs,
        folder: place,
        log: log
      )
    }
    func checkPlaces() throws { for path in step.recovery.outputPaths { try places.check(path) } }
    try checkPlaces()
    var outcome: TrainingOutcome?
    if let trained = try known.trained(step, before) {
      state.model = trained
      outcome = try known.outcome(step, before)
      try stages.reuse(step.stage) { byproducts in
        try step.recovery.answer {
          try step.recovery.export(trained, from: before.model, context(self.context, log: nil))
        }
        byproducts.warnings += outcome?.warning.map { [$0] } ?? []
        return ((), "trained before" + (outcome.map { ": \($0.summary)" } ?? ""))
      }
    } else {
      let tokens = try data[step.data]
      let stem =
        "\(folder.path)/training-\(type(of: step.recovery).name)" + stages.branches.fileStem
      let log = FileSystem.unusedPath(stem, extension: "jsonl")
      let watch = TrainingWatch(self.context)
      let context = context(watch.context, log: log)
      for other in work.trainings.alike(key, in: store) {
        stages.note("\(step.stage): \(other.note(key))", of: step.stage)
      }
      state.model = try stages.run(step.stage) { byproducts in
        try work.trainings.begin(key)
        let trained = try step.recovery.answer {
          let trained = try keys.files.computing(with: step.recovery) {
            try step.recovery.train(before.model, on: tokens, context)
          }
          try trained.check(trainedFrom: before.model)
          outcome = (try? FileSystem.read(log)).flatMap { TrainingOutcome(log: $0) }
          try known.keep(trained, outcome, step, of: before)
          try checkPlaces()
          try step.recovery.export(trained, from: before.model, context)
          return trained
        }
        if FileSystem.exists(log) {
          byproducts.files.append(String(log.dropFirst(folder.path.count + 1)))
        }
        byproducts.warnings += outcome?.warning.map { [$0] } ?? []
        let words = [outcome?.summary ?? watch.loss, watch.speed].filter { !$0.isEmpty }
        return (trained, words.joined(separator: "; "))
      }
    }
    let name = type(of: step.recovery).name
    if let outcome {
      report.trainings.append(
        Report.Training(branches: branches, of: before.label, recovery: name, outcome: outcome)
      )
    }
    state.trained.append(key)
    state.savedAs = nil
    state.history.append("+ \(name)")
    return state
  }
}

extension LanguageModel {
  /// Refuses what a training must not leave behind: other shapes, or weights that are no numbers.
  fileprivate func check(trainedFrom model: LanguageModel) throws {
    let (found, expected) = (configuration.allWeights, model.configuration.allWeights)
    guard found.map(\.id) == expected.map(\.id), found.map(\.shape) == expected.map(\.shape) else {
      throw DataError("gave a model with other weights or shapes than it was given")
    }
    for id in try changedWeights(since: model).sorted(by: { "\($0)" < "\($1)" })
    where try !weights.stored(id).allFinite() {
      let type = try weights.storedType(id)
      throw DataError("gave the weight \(id) values that are no numbers in \(type), its type")
    }
  }
}
