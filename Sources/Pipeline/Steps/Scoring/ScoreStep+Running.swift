import BillhookCore

// Several kinds of units are scored by one criterion on the same data; none where units are named.
extension [ScoreStep] {
  /// The scores of a model's units, kind by kind, found before or now.
  ///
  /// - Parameters:
  ///   - state: The model.
  ///   - run: What the step needs.
  ///   - tree: Hidden states that earlier rounds of the same removal left behind.
  ///   - areAskedFor: Whether the recipe asks for the scores themselves.
  /// - Returns: The scores of each kind.
  /// - Throws: What the criterion throws.
  func scores(
    of state: ModelState,
    in run: PlanRun,
    tree: StateTree? = nil,
    areAskedFor: Bool = false
  ) throws -> [Scores] {
    guard let first else { return [] }
    let criterion = first.criterion
    let place = try evidenceFolder(for: state, run)
    if let scores = try known(of: state, run.known) {
      try WorkFolder.clearEvidence(place)
      return try zip(self, scores).map { step, scores in
        try run.stages.reuse(name(of: step)) { byproducts in
          byproducts.files.append(try show(scores, of: step, areAskedFor, run))
          return (scores, scores.summary)
        }
      }
    }
    let tokens = try first.data.map { try run.data[$0] }
    let isDealt = run.processes.size > 1 && !criterion.evidence.isEmpty
    var scoring = Scoring(state.model, map(\.unit), isDealt ? run.shared : run.context)
    scoring.tree = tree
    // What process 0 would go on from, the others do not have.
    scoring.folder = isDealt ? nil : PassFolder(place, run.context)
    if !run.processes.leads {
      let taken = try run.stages.run(first.stage) { _ in
        if isDealt {
          _ = try run.files.computing(with: criterion) {
            try scoring.measure(for: criterion, on: tokens)
          }
        }
        guard let scores = try known(of: state, run.known) else {
          throw DataError("process 0 kept no scores that the other processes could take")
        }
        return (scores, "")
      }
      return try zip(self, taken).map { step, scores in
        _ = try show(scores, of: step, areAskedFor, run)
        return scores
      }
    }
    let measured = try run.stages.run(first.stage) { _ in
      let measured = try run.files.computing(with: criterion) {
        try scoring.measure(for: criterion, on: tokens)
      }
      return (measured, "")
    }
    var found: [Scores] = []
    return try indices.map { index in
      try run.stages.run(name(of: self[index])) { byproducts in
        if index == 0 {
          found = try run.files.computing(with: criterion) {
            try scoring.scores(by: criterion, from: measured) { byproducts.notes.append($0) }
          }
        }
        let scores = found[index]
        byproducts.files.append(try show(scores, of: self[index], areAskedFor, run))
        if index == 0, let tokens, !criterion.evidence.isEmpty {
          let stem = "tokens-\(type(of: criterion).name)" + run.stages.branches.fileStem
          byproducts.files.append(
            try run.folder.keep(TokenFile.text(tokens), as: stem, extension: "txt")
          )
        }
        try self[index].keep(scores, of: state, run.known)
        if index == indices.last {
          try WorkFolder.clearEvidence(place)
          if run.processes.size > 1 { _ = try known(of: state, run.known) }
        }
        return (scores, "\(scores.summary); in \(byproducts.files[0])")
      }
    }
  }

  /// The folder where gathering the evidence goes on after a run was stopped.
  private func evidenceFolder(for state: ModelState, _ run: PlanRun) throws -> String {
    let keys = try map { try $0.key(of: state, run.keys).hash }
    return run.work.evidenceFolder(
      keys.count == 1 ? keys[0] : SHA256.hex(keys.joined(separator: " "))
    )
  }

  /// What the scores are called in progress and journal.
  private func name(of step: ScoreStep) -> String {
    "scores by \(step.criterion.signature)" + (count == 1 ? "" : " of \(type(of: step.unit).name)")
  }

  /// Writes scores into the folder of the run, and names them in the report.
  func show(
    _ scores: Scores,
    of step: ScoreStep,
    _ areAskedFor: Bool,
    _ run: PlanRun
  ) throws -> String {
    let stem =
      "scores-\(type(of: step.criterion).name)"
      + (count == 1 ? "" : "-\(type(of: step.unit).name)") + run.stages.branches.fileStem
    let file = try run.folder.keep(ScoreFile.text(scores), as: stem, extension: "csv")
    run.report.scores.append(
      Report.Scored(
        scores,
        in: run.stages.branches,
        of: type(of: step.unit).name,
        layout: step.unit.layout(of: run.opened),
        file: file,
        isAskedFor: areAskedFor
      )
    )
    return file
  }
}
