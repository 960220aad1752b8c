import BillhookModels

extension Pipeline {
  /// Trains a model, unless that was done before; a training that was stopped goes on.
  func recover(_ step: RecoverStep, _ before: ModelState) throws -> ModelState {
    let key = try keys.training(step, of: before)
    let name = "recover \(step.recovery.shortSignature)"
    let folder = work.trainings.folder(of: key)
    var state = before
    if let known = try? trained(before.model, by: store.result(of: key), in: folder) {
      state.model = known
      let context = recoveryContext(before, folder, log: nil, self.context)
      try stages.reuse(name) { _ in
        try step.recovery.export(known, from: before.model, context)
        return ((), "")
      }
    } else {
      let tokens = try data[step.data]
      state.model = try stages.run(name) { byproducts in
        let stem = "training-\(type(of: step.recovery).name)"
        let log = FileSystem.unusedPath("\(self.folder.path)/\(stem)", extension: "jsonl")
        let watch = TrainingWatch(context)
        let context = recoveryContext(before, folder, log: log, watch.context)
        let trained = try step.recovery.train(before.model, on: tokens, context)
        try keep(trained, since: before.model, in: folder, of: key)
        try step.recovery.export(trained, from: before.model, context)
        if FileSystem.exists(log) {
          byproducts.files.append(String(log.dropFirst(self.folder.path.count + 1)))
        }
        return (trained, watch.summary)
      }
    }
    state.trained.append(key.hash)
    state.savedAs = nil
    state.history.append("+ \(type(of: step.recovery).name)")
    return state
  }

  private func recoveryContext(
    _ state: ModelState,
    _ folder: String,
    log: String?,
    _ context: RunContext
  ) -> RecoveryContext {
    RecoveryContext(
      // New weights go where a later run finds them.
      run: context.keepingScratch(at: folder),
      opened: opened,
      savedAs: state.savedAs,
      folder: folder,
      log: log
    )
  }

  /// Notes the files of new weights, and lets go of what only a training that goes on needs.
  private func keep(
    _ trained: LanguageModel,
    since before: LanguageModel,
    in folder: String,
    of key: StageKey
  ) throws {
    let names = try trained.edits(since: before).map { path in
      guard path.hasPrefix("\(folder)/") else {
        throw ModelError(path, "new weights belong into the folder of the recovery, \(folder)")
      }
      return String(path.dropFirst(folder.count + 1))
    }
    try store.keep(["weights": .array(names.map(JSON.string))], of: key)
    guard FileSystem.isDirectory(folder) else { return }
    for name in try FileSystem.names(in: folder) where !names.contains(name) {
      try FileSystem.remove("\(folder)/\(name)")
    }
  }

  /// The model with the new weights that a stage has noted.
  private func trained(
    _ before: LanguageModel,
    by result: JSON?,
    in folder: String
  ) throws -> LanguageModel? {
    guard let names = result?["weights"]?.array?.compactMap(\.string) else { return nil }
    return try names.reduce(before) { try $0.editing(by: "\(folder)/\($1)") }
  }
}
