import BillhookCore

extension Trial {
  /// Lets units go while low-rank updates are trained, by what the criterion says of them.
  func check(_ criterion: any UpdateCriterion, _ verdict: inout Verdict) {
    let kinds = units.filter { criterion.granularities.contains($0.granularity) }
    verdict.require(
      !kinds.isEmpty,
      .declared,
      "it supports no kind of units; see `granularities`"
    )
    verdict.require(
      criterion.evidence.isEmpty,
      .declared,
      "it asks for evidence, which nobody gathers in a training"
    )
    verdict.require(
      (0...1).contains(criterion.decay),
      .declared,
      "its decay is \(criterion.decay), outside of 0 to 1"
    )
    for unit in kinds { guard check(criterion, unit, &verdict) else { return } }
    guard let unit = kinds.first else { return }
    checkResuming(
      { place in
        """
        prune \(unit.recipeName) on windows {
          by \(criterion.recipeText())
          remove \(Self.percent)%
          allocate global
          gradual cubic { every = 1 }
          recover lora { steps = 6, batch = 4, learning_rate = 1e-2, checkpoint = 1 }
        }
        save "\(place)/out" { architecture = custom }
        """
      },
      with: criterion,
      inStage: "prune by",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  private static let percent = 40

  /// One kind of units; false when that cannot be done at all.
  private func check(
    _ criterion: any UpdateCriterion,
    _ unit: any PruningUnit,
    _ verdict: inout Verdict
  ) -> Bool {
    let what = "\(type(of: unit).name) of \(name) that go in a training"
    let count = unit.units(of: model).reduce(0) { $0 + $1.count } * Self.percent / 100
    let found = verdict.answer(what) { try train(by: criterion, unit, count) }
    guard let found else { return false }
    verdict.require(
      !found.hasGaps,
      .finite,
      "\(what): in some step it gave values that are not finite"
    )
    verdict.require(
      found.outcome.removed.count == count,
      .counts,
      "\(what): \(found.outcome.removed.count) went, where \(count) were asked for"
    )
    verdict.require(
      zip(found.closed, found.closed.dropFirst()).allSatisfy { $0.closing($1) == $1 },
      .counts,
      "\(what): something that was closed was opened again"
    )
    let again = verdict.answer(what) { try train(by: criterion, unit, count) }
    verdict.require(
      again.map { $0.outcome == found.outcome } ?? true,
      .deterministic,
      "\(what) differ from one training to the next"
    )
    return true
  }

  /// What a training came to in which units went.
  private struct Trained {
    let outcome: GradualPruning.Outcome
    let hasGaps: Bool
    /// What was closed after each step.
    let closed: [Gates]
  }

  private func train(
    by criterion: any UpdateCriterion,
    _ unit: any PruningUnit,
    _ count: Int
  ) throws -> Trained {
    guard let global = Self.builtin((any RankedAllocation).self).first else {
      throw TrialError(description: "nothing compares units of all blocks")
    }
    let budget = try Budget(
      .units(count),
      keep: Keep(),
      allocation: global,
      units: [unit],
      model: model,
      opened: model
    )
    let folder = place("training")
    var schedule = PruningSchedule()
    schedule.every = 1
    let context = context(scratch: folder)
    let pruning = try GradualPruning(model, [unit], by: criterion, budget, schedule, context)
    let witness = GateWitness(pruning)
    let updates = try LowRankWeights(
      of: model,
      roles: WeightRole.projections,
      rank: 4,
      scale: 2,
      dropout: 0,
      seed: RandomSeed(3),
      device: context.device
    )
    var settings = TrainingSettings()
    (settings.steps, settings.batch, settings.learningRate) = (6, 4, 1e-2)
    let observers: [any TrainingObserver] = [pruning, witness]
    let surroundings = RecoveryContext(
      run: context,
      opened: model,
      folder: folder,
      observers: observers
    )
    var training = try Training(updates, on: tokens, settings, epochs: 1, surroundings)
    _ = try training.run()
    guard let outcome = pruning.outcome else {
      throw TrialError(description: "the training did not end")
    }
    return Trained(outcome: outcome, hasGaps: pruning.hasGaps, closed: witness.closed)
  }
}

/// Remembers what is closed after each step of a training.
private final class GateWitness: TrainingObserver {
  private let pruning: GradualPruning
  private(set) var closed: [Gates] = []

  init(_ pruning: GradualPruning) { self.pruning = pruning }

  func valuesChanged(_ step: TrainingStep) throws { closed.append(try pruning.gates) }
}
