import BillhookModels

extension Pipeline {
  /// The scores of a model's units, found before or now.
  func scores(_ step: ScoreStep, of state: ModelState) throws -> Scores {
    let key = try keys.scores(step, of: state)
    let name = "scores by \(step.criterion.signature)"
    if let scores = store.result(of: key).flatMap({ scores(step, of: state, from: $0) }) {
      return try stages.reuse(name) { byproducts in
        byproducts.files.append(try keep(scores, of: step))
        return (scores, "\(scores.units.count) units")
      }
    }
    let tokens = try step.data.map { try data[$0] }
    let scoring = Scoring(state.model, step.unit, context)
    let measured = try stages.run("evidence for \(step.criterion.signature)") { _ in
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
      try store.keep(Self.json(scores), of: key)
      return (scores, "\(scores.units.count) units scored, in \(byproducts.files[0])")
    }
  }

  /// Removes units: at once, or in rounds with new scores in between.
  func prune(_ step: PruneStep, _ before: ModelState) throws -> ModelState {
    let unit = step.scoring.unit
    let kind = type(of: unit).name
    var state = before
    var budget: Budget? = try step.budget(for: state.model, opened: opened)
    var removed = 0
    while let goal = budget {
      let scores = try scores(step.scoring, of: state)
      let chosen = try stages.run("selection: \(step.amount), \(step.keep)") { _ in
        let all = try goal.selection(from: scores).removed
        let now = step.rescoring.map { Array(all.prefix($0)) } ?? all
        let numbers = now.map(\.number).sorted()
        return (now, "\(kind) \(numbers.map(String.init).joined(separator: ", "))")
      }
      state = try stages.run("cut") { _ in
        let cut = try state.removing(chosen, unit)
        let share = 100 * Double(cut.model.parameterCount) / Double(opened.parameterCount)
        return (
          cut,
          "\(cut.model.parameterCount) parameters left, \(rounded(share)) % of the opened model"
        )
      }
      state.removals.append(
        ModelState.Removal(
          unit: kind,
          step: step,
          scores: scores,
          removed: chosen.map(\.number).sorted()
        )
      )
      removed += chosen.count
      // With these scores nothing more may fit, and others are not to be had.
      let isOver = step.rescoring == nil || chosen.isEmpty
      budget = isOver ? nil : goal.rest(behind: chosen, of: unit.units(of: state.model))
    }
    state.history.append("- \(removed) \(kind) by \(type(of: step.scoring.criterion).name)")
    return state
  }

  private func keep(_ scores: Scores, of step: ScoreStep) throws -> String {
    let stem = "scores-\(type(of: step.criterion).name)"
    return try folder.keep(ScoreFile.text(scores), as: stem, extension: "csv")
  }

  // MARK: What is kept of scores

  /// A number for each unit; JSON has none for infinity.
  private static func json(_ scores: Scores) -> JSON {
    .object(
      zip(scores.units, scores.values).map { unit, value in
        JSON.Member(
          key: "\(unit.number)",
          value: JSONNumber(value).map(JSON.number) ?? .string("infinity")
        )
      }
    )
  }

  private func scores(_ step: ScoreStep, of state: ModelState, from json: JSON) -> Scores? {
    let units = step.unit.units(of: state.model)
    let found = json.members ?? []
    guard found.map(\.key) == units.map({ "\($0.number)" }) else { return nil }
    let values = found.compactMap { $0.value == "infinity" ? .infinity : $0.value.double }
    return try? Scores(
      criterion: step.criterion.signature,
      scale: step.criterion.scale,
      units: units,
      values: values
    )
  }
}
