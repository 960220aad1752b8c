import BillhookCore

extension Pipeline {
  /// The scores of a model's units, kind by kind, found before or now.
  ///
  /// - Parameters:
  ///   - steps: The kinds of units, with one criterion and one calibration set; none where the units
  ///     are named.
  ///   - state: The model.
  ///   - tree: What earlier rounds of the same removal left behind.
  ///   - areAskedFor: Whether the recipe asks for the scores themselves.
  /// - Returns: The scores of each kind.
  /// - Throws: What the criterion throws.
  func scores(
    _ steps: [ScoreStep],
    of state: ModelState,
    tree: StateTree? = nil,
    areAskedFor: Bool = false
  ) throws -> [Scores] {
    guard let first = steps.first else { return [] }
    let (criterion, data) = (first.criterion, first.data)
    func name(_ step: ScoreStep) -> String {
      "scores by \(criterion.signature)"
        + (steps.count == 1 ? "" : " of \(type(of: step.unit).name)")
    }
    func stem(_ step: ScoreStep) -> String {
      "scores-\(type(of: criterion).name)"
        + (steps.count == 1 ? "" : "-\(type(of: step.unit).name)") + stages.branches.fileStem
    }
    func keep(_ scores: Scores, of step: ScoreStep) throws -> String {
      let file = try folder.keep(ScoreFile.text(scores), as: stem(step), extension: "csv")
      report.scores.append(
        Report.Scored(scores, in: stages.branches, of: step, file: file, isAskedFor: areAskedFor)
      )
      return file
    }
    let place = try evidenceFolder(for: steps, of: state)
    if let scores = try known.scores(steps, of: state) {
      try WorkFolder.clearEvidence(place)
      return try zip(steps, scores).map { step, scores in
        try stages.reuse(name(step)) { byproducts in
          byproducts.files.append(try keep(scores, of: step))
          return (scores, scores.summary)
        }
      }
    }
    let tokens = try data.map { try self.data[$0] }
    var scoring = Scoring(state.model, steps.map(\.unit), context)
    scoring.tree = tree
    scoring.folder = PassFolder(place)
    let measured = try stages.run(first.evidenceStage) { _ in
      let measured = try keys.files.computing(with: criterion) {
        try scoring.measure(for: criterion, on: tokens)
      }
      return (measured, "")
    }
    var found: [Scores] = []
    return try steps.indices.map { index in
      try stages.run(name(steps[index])) { byproducts in
        if index == 0 {
          found = try keys.files.computing(with: criterion) {
            try scoring.scores(by: criterion, from: measured) { byproducts.notes.append($0) }
          }
        }
        let scores = found[index]
        byproducts.files.append(try keep(scores, of: steps[index]))
        if index == 0, let tokens, !criterion.evidence.isEmpty {
          let stem = "tokens-\(type(of: criterion).name)" + stages.branches.fileStem
          byproducts.files.append(
            try folder.keep(TokenFile.text(tokens), as: stem, extension: "txt")
          )
        }
        try known.keep(scores, steps[index], of: state)
        if index == steps.indices.last { try WorkFolder.clearEvidence(place) }
        return (scores, "\(scores.summary); in \(byproducts.files[0])")
      }
    }
  }

  /// The folder where gathering the evidence for some scores goes on after a run was stopped.
  private func evidenceFolder(for steps: [ScoreStep], of state: ModelState) throws -> String {
    let keys = try steps.map { try self.keys.scores($0, of: state).hash }
    let name = keys.count == 1 ? keys[0] : SHA256.hex(keys.joined(separator: " "))
    return "\(work.path)/\(WorkFolder.evidenceName)/\(name)"
  }

  /// Removes units: at once, or in rounds with new scores in between.
  func prune(_ step: PruneStep, _ before: ModelState) throws -> ModelState {
    var rounds = try PruningRounds(step, of: before, opened: opened)
    let tree = step.keepsStates ? StateTree() : nil
    while !rounds.isOver {
      let scores = try scores(step.scorings, of: rounds.state, tree: tree)
      let chosen = try stages.run("selection: \(step.amount), \(step.keep)") { _ in
        let chosen = try rounds.selection(from: scores)
        let reach = rounds.reach(with: chosen).map { "\($0.text): " } ?? ""
        return (chosen, reach + rounds.text(of: chosen))
      }
      let whole = rounds.state
      var cut = try stages.run("cut") { byproducts in
        let cut = try whole.removing(chosen, step.units)
        if try rounds.isLast(chosen, leaving: cut.model) {
          byproducts.notes += rounds.notes(with: chosen)
        }
        let left = cut.model.parameterCount
        let share = 100 * Double(left) / Double(opened.parameterCount)
        return (cut, "\(left) parameters left, \(rounded(share)) % of the opened model")
      }
      for repair in step.repairs { cut = try self.repair(cut, whole, repair) }
      try rounds.end(with: cut, chosen, by: scores)
    }
    let after = rounds.finished
    report.removals.append(Report.Removal(step, from: before, to: after, in: stages.branches))
    return after
  }

  /// Adjusts what stayed behind a cut.
  private func repair(
    _ state: ModelState,
    _ whole: ModelState,
    _ step: RepairStep
  ) throws -> ModelState {
    var state = state
    let tokens = try data[step.data]
    let key = try keys.repair(step, of: state, cutFrom: whole)
    let place = "\(work.path)/\(WorkFolder.evidenceName)/\(key.hash)"
    state.trained.append(key)
    state.model = try stages.run(step.stage) { _ in
      let repaired = try keys.files.computing(with: step.repair) {
        try Repairing(whole.model, context, in: PassFolder(place))
          .repair(state.model, by: step.repair, on: tokens)
      }
      try WorkFolder.clearEvidence(place)
      return (repaired, "")
    }
    return state
  }
}
