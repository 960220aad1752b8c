import BillhookCore

extension PruneStep {
  package func look(_ state: ModelState?, _ forecast: inout StepForecast) throws
    -> (Forecast.Entry, ModelState?)
  {
    guard let state else {
      let opened = ModelState(model: forecast.opened)
      let stages = (sharing.map { [$0.stage] } ?? []) + (try allRounds(from: opened, &forecast))
      return (Forecast.Entry(outlook: .open, stages: stages), nil)
    }
    var shares: [Double]?
    if let sharing {
      shares = try sharing.known(of: state, opened: forecast.opened, forecast.known)?.ofBlocks
      if shares == nil { return (try entry(before: sharing, of: state, &forecast), nil) }
    }
    var rounds = try PruningRounds(self, of: state, opened: forecast.opened, shares: shares)
    var repairing: [String] = []
    while !rounds.isOver {
      guard let scores = try scorings.known(of: rounds.state, forecast.known) else {
        return (try entry(beforeScoresOf: rounds, repairing, shares, &forecast), nil)
      }
      let found = try search?.known(of: rounds.state, self, rounds.whole, forecast.known)
      if let search, found == nil {
        let next = try search.entry(of: rounds.state, self, &forecast)
        let stages = next.stages + repairs.map(\.stage)
        return (Forecast.Entry(outlook: next.outlook, stages: stages), nil)
      }
      let chosen = try found ?? rounds.selection(from: scores)
      let cut = try rounds.cut(chosen, by: scores)
      let repaired = try repaired(cut, from: rounds.state, &repairing, forecast.known)
      try rounds.end(with: repaired, chosen)
    }
    var entry =
      repairing.isEmpty ? .doneBefore : Forecast.Entry(outlook: .ahead, stages: repairing)
    let finished = rounds.finished(derivation(forecast.inputs))
    entry.outcome = Forecast.Outcome(
      removed: rounds.removedByKind,
      model: finished.model,
      reach: rounds.reach(with: Selection(removed: [], ends: []))
    )
    return (entry, finished)
  }

  /// The stages that score the units; criteria of a step share one.
  private var scoringStages: [String] { scorings.first.map { [$0.stage] } ?? [] }

  /// The stages of a round that come after its scores.
  private func stagesAfterScores(_ forecast: inout StepForecast) throws -> [String] {
    (try search?.stages(&forecast) ?? []) + repairs.map(\.stage)
  }

  /// The stages of all rounds of a model.
  private func allRounds(from state: ModelState, _ forecast: inout StepForecast) throws -> [String]
  {
    let most = try PruningRounds(self, of: state, opened: forecast.opened).roundsLeft
    let round = try scoringStages + stagesAfterScores(&forecast)
    return Array(repeating: round, count: most).flatMap { $0 }
  }

  /// What is ahead where the shares of blocks are not known.
  private func entry(
    before sharing: ShareStep,
    of state: ModelState,
    _ forecast: inout StepForecast
  ) throws -> Forecast.Entry {
    let isScored = try scorings.known(of: state, forecast.known) != nil
    let rounds = try allRounds(from: state, &forecast)
    let key = try sharing.key(of: state, forecast.known.keys)
    let next = forecast.entry(sharing.stage, key)
    let later = isScored ? Array(rounds.dropFirst(scoringStages.count)) : rounds
    return Forecast.Entry(outlook: next.outlook, stages: next.stages + later)
  }

  /// What is ahead where the scores of a round are not known.
  private func entry(
    beforeScoresOf rounds: PruningRounds,
    _ repairing: [String],
    _ shares: [Double]?,
    _ forecast: inout StepForecast
  ) throws -> Forecast.Entry {
    var next = Forecast.Entry(outlook: .doneAbove)
    for scoring in scorings {
      let key = try scoring.key(of: rounds.state, forecast.known.keys)
      let found = forecast.entry(scoring.stage, key)
      if next.stages.isEmpty { next = found }
    }
    let after = try stagesAfterScores(&forecast)
    let rest = Array(repeating: scoringStages + after, count: rounds.roundsLeft - 1)
    let later = repairing + after + rest.flatMap { $0 }
    // After scores of a step above, later rounds may be known or not.
    let isOpen = next.stages.isEmpty && !later.isEmpty
    var entry = Forecast.Entry(outlook: isOpen ? .open : next.outlook, stages: next.stages + later)
    entry.shares = shares.map { .blocks($0) }
    return entry
  }

  /// A cut model as its repairs leave it; the stages of those that are still to run are added to a list.
  private func repaired(
    _ cut: ModelState,
    from whole: ModelState,
    _ repairing: inout [String],
    _ known: KnownStages
  ) throws -> ModelState {
    var cut = cut
    for repair in repairs {
      let key = try repair.key(of: cut, from: whole, known.keys)
      cut.note(.product(key))
      if let found = try repair.known(cut.model, key, known) {
        cut.model = found
      } else {
        // Keys know a repair without its numbers; the model has these shapes.
        cut.model = withBiases(of: cut.model)
        repairing.append(repair.stage)
      }
    }
    return cut
  }
}
