import BillhookCore

extension Trial {
  /// Trains a model that lost a block.
  func check(
    _ recovery: any Recovery,
    frozen isFrozen: (WeightID) -> Bool,
    _ verdict: inout Verdict
  ) {
    let what = "\(name) trained by it"
    guard let start = verdict.answer(what, { try model.removingBlocks([1]) }),
      let before = verdict.answer(what, { try weights(of: start) })
    else { return }
    let witness = Witness()
    let trained = verdict.answer(what) {
      let folder = place("training")
      let context = RecoveryContext(
        run: context(scratch: folder),
        opened: model,
        predictions: try predictions(for: recovery, in: folder),
        folder: folder,
        observers: [witness]
      )
      return try recovery.train(start, on: tokens, context)
    }
    guard let trained else { return }
    if recovery is any TrainingRecovery {
      verdict.require(
        witness.hasSeenAll,
        .observed,
        "\(what): an observer in its context did not see every step; give `Training` the context as it is"
      )
    }
    checkLoss(start, trained, what, &verdict)
    checkWeights(before, trained, of: recovery, frozen: isFrozen, &verdict)
    let untouched = verdict.answer(what) { try weights(of: start) }
    verdict.require(
      untouched == before,
      .frozen,
      "\(name), which it was given, is not the same after the training"
    )
    checkResuming(
      { place in
        """
        prune block { by magnitude, remove [1] }
        recover \(recovery.recipeName) on windows { \(recovery.recipeSettings.joined(separator: ", ")) }
        save "\(place)/out"
        """
      },
      with: recovery,
      inStage: "recover",
      &verdict
    ) { try hash(of: "\($1)/out") }
  }

  /// What the model predicts of the data, where the recovery learns from that.
  private func predictions(
    for recovery: any Recovery,
    in folder: String
  ) throws -> StoredPredictions? {
    guard let teacher = (recovery as? any TrainingRecovery)?.keptTeacher else { return nil }
    let predicting = try teacher.model.map { try LanguageModel(opening: $0.path) } ?? model
    return try Traversal(predicting, context()).gatherPredictions(
      on: tokens,
      keeping: teacher.kept,
      temperature: teacher.temperature,
      in: "\(folder)-predictions"
    )
  }

  private func checkLoss(
    _ start: LanguageModel,
    _ trained: LanguageModel,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    let losses = verdict.answer(what) {
      try [start, trained].map { try Traversal($0, context()).loss(on: tokens).mean }
    }
    guard let losses else { return }
    verdict.require(losses[1].isFinite, .finite, "\(what) has a loss that is not finite")
    verdict.require(
      losses[1] < losses[0],
      .lowersLoss,
      "\(what) has a loss of \(losses[1]) on what it was trained on, and had \(losses[0])"
    )
  }

  private func checkWeights(
    _ before: [WeightID: String],
    _ trained: LanguageModel,
    of recovery: any Recovery,
    frozen isFrozen: (WeightID) -> Bool,
    _ verdict: inout Verdict
  ) {
    let what = "\(name) trained by it"
    guard let after = verdict.answer(what, { try weights(of: trained) }) else { return }
    let changed = after.filter { before[$0.key] != $0.value }.keys
    if let wrong = changed.filter(isFrozen).map({ "\($0)" }).min() {
      verdict.note(.frozen, "\(what) has a changed \(wrong), which is frozen")
    }
    guard let recovery = recovery as? any TrainingRecovery, recovery.trainsWeights else { return }
    let shapes = trained.configuration.allWeights.filter { changed.contains($0.id) }.map(\.shape)
    let count = shapes.reduce(0) { $0 + $1.reduce(1, *) }
    let named = recovery.trainedWeights(of: trained)
    if let other = changed.filter({ !named.contains($0) }).map({ "\($0)" }).min() {
      verdict.note(.frozen, "\(what) has a changed \(other), which `trainedWeights` does not name")
    }
    let said = recovery.trainedCount(of: trained)
    verdict.require(
      count <= said,
      .frozen,
      "\(what) has \(count) elements in weights that changed, and `trainedCount` says \(said)"
    )
  }

  /// The hash of each weight.
  private func weights(of model: LanguageModel) throws -> [WeightID: String] {
    var found: [WeightID: String] = [:]
    for (id, _) in model.configuration.allWeights {
      found[id] = try model.weights.stored(id).withBytes { SHA256.hex(Array($0)) }
    }
    return found
  }
}

/// Notes which steps of a training it is shown.
private final class Witness: TrainingObserver {
  private var gradients: [Int] = []
  private var values: [Int] = []
  private var count: Int?

  /// Whether it was shown the gradients and the values of each step once, and the end.
  var hasSeenAll: Bool {
    count.map { gradients == Array(0..<$0) && values == gradients } ?? false
  }

  func gradientsAreComplete(_ step: TrainingStep) { gradients.append(step.number) }
  func valuesChanged(_ step: TrainingStep) { values.append(step.number) }
  func trainingEnded(_ step: TrainingStep) { count = step.count }
}
