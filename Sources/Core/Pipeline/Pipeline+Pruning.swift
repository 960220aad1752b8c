import BillhookModels

extension Pipeline {
  /// The scores of a model's units, found before or now.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> Scores {
    let name = "scores by \(step.criterion.signature)"
    if let scores = try known.scores(step, of: state) {
      return try stages.reuse(name) { byproducts in
        byproducts.files.append(try keep(scores, of: step))
        return (scores, "\(scores.units.count) units")
      }
    }
    let tokens = try step.data.map { try data[$0] }
    let scoring = Scoring(state.model, step.unit, context)
    let measured = try stages.run(step.evidenceStage) { _ in
      (try scoring.measure(for: step.criterion, on: tokens), "")
    }
    return try stages.run(name) { byproducts in
      let scores = try scoring.scores(by: step.criterion, from: measured) {
        byproducts.notes.append($0)
      }
      byproducts.files.append(try keep(scores, of: step))
      if let tokens, !step.criterion.evidence.isEmpty {
        let stem = "tokens-\(type(of: step.criterion).name)"
        byproducts.files.append(
          try folder.keep(TokenFile.text(tokens), as: stem, extension: "txt")
        )
      }
      try known.keep(scores, step, of: state)
      return (scores, "\(scores.units.count) units scored, in \(byproducts.files[0])")
    }
  }

  /// Removes units: at once, or in rounds with new scores in between.
  func prune(_ step: PruneStep, _ before: ModelState) throws -> ModelState {
    let kind = type(of: step.scoring.unit).name
    var rounds = try PruningRounds(step, of: before, opened: opened)
    while !rounds.isOver {
      let scores = try scores(step.scoring, of: rounds.state)
      let chosen = try stages.run("selection: \(step.amount), \(step.keep)") { _ in
        let chosen = try rounds.selection(from: scores)
        let numbers = chosen.map(\.number).sorted()
        return (chosen, "\(kind) \(numbers.map(String.init).joined(separator: ", "))")
      }
      try stages.run("cut") { _ in
        try rounds.remove(chosen, by: scores)
        let left = rounds.state.model.parameterCount
        let share = 100 * Double(left) / Double(opened.parameterCount)
        return ((), "\(left) parameters left, \(rounded(share)) % of the opened model")
      }
    }
    return rounds.finished
  }

  private func keep(_ scores: Scores, of step: ScoreStep) throws -> String {
    let stem = "scores-\(type(of: step.criterion).name)"
    return try folder.keep(ScoreFile.text(scores), as: stem, extension: "csv")
  }
}
