import BillhookModels

extension Pipeline {
  /// The scores of a model's units, kind by kind, found before or now.
  func scores(_ steps: [ScoreStep], of state: ModelState) throws -> [Scores] {
    let keys = try steps.map { try self.keys.scores($0, of: state) }
    let known = zip(steps, keys).compactMap { step, key in
      store.result(of: key).flatMap { scores(step, of: state, from: $0) }
    }
    let (criterion, data) = (steps[0].criterion, steps[0].data)
    func name(_ step: ScoreStep) -> String {
      "scores by \(criterion.signature)"
        + (steps.count == 1 ? "" : " of \(type(of: step.unit).name)")
    }
    func stem(_ step: ScoreStep) -> String {
      "scores-\(type(of: criterion).name)"
        + (steps.count == 1 ? "" : "-\(type(of: step.unit).name)")
    }
    if known.count == steps.count {
      return try zip(steps, known).map { step, scores in
        try stages.reuse(name(step)) { byproducts in
          byproducts.files.append(try keep(scores, as: stem(step)))
          return (scores, "\(scores.values.count) units")
        }
      }
    }
    let tokens = try data.map { try self.data[$0] }
    let scoring = Scoring(state.model, steps.map(\.unit), context)
    let measured = try stages.run("evidence for \(criterion.signature)") { _ in
      (try scoring.measure(for: criterion, on: tokens), "")
    }
    var notes: [String] = []
    let found = try scoring.scores(by: criterion, from: measured) { notes.append($0) }
    return try steps.indices.map { index in
      try stages.run(name(steps[index])) { byproducts in
        let scores = found[index]
        byproducts.files.append(try keep(scores, as: stem(steps[index])))
        if index == 0 { byproducts.notes = notes }
        if index == 0, let tokens, !criterion.evidence.isEmpty {
          let stem = "tokens-\(type(of: criterion).name)"
          byproducts.files.append(
            try folder.keep(TokenFile.text(tokens), as: stem, extension: "txt")
          )
        }
        try store.keep(Self.json(scores), of: keys[index])
        return (scores, "\(scores.values.count) units scored, in \(byproducts.files[0])")
      }
    }
  }

  /// Removes units: at once, or in rounds with new scores in between.
  func prune(_ step: PruneStep, _ before: ModelState) throws -> ModelState {
    let kinds = step.units
    var state = before
    var budget: Budget? = try step.budget(for: state.model, opened: opened)
    var removed = 0
    while let goal = budget {
      let scores = try scores(step.scorings, of: state)
      let chosen = try stages.run("selection: \(step.amount), \(step.keep)") { _ in
        let all = try goal.selection(from: scores)
        let now = step.rescoring.map { all.prefix(units: $0) } ?? all
        return (now, Self.text(now))
      }
      let whole = state
      state = try stages.run("cut") { _ in
        let cut = try state.removing(chosen, kinds)
        let share = 100 * Double(cut.model.parameterCount) / Double(opened.parameterCount)
        return (
          cut,
          "\(cut.model.parameterCount) parameters left, \(rounded(share)) % of the opened model"
        )
      }
      for repair in step.repairs { state = try self.repair(state, whole, repair) }
      for (kind, scores) in zip(kinds, scores) {
        let units = chosen.removed.filter { $0.extent == kind.extent }
        state.removals.append(
          ModelState.Removal(
            unit: scores.blocks.first?.kind ?? type(of: kind).name,
            step: step,
            scores: scores,
            removed: units.map(\.number).sorted()
          )
        )
      }
      removed += chosen.removed.count
      // With these scores nothing more may fit, and others are not to be had.
      let isOver = step.rescoring == nil || chosen.removed.isEmpty
      budget = isOver ? nil : goal.rest(behind: chosen.removed, of: state.model)
    }
    let names = kinds.map { type(of: $0).name }.joined(separator: " and ")
    state.history.append("- \(removed) \(names) by \(type(of: step.criterion).name)")
    return state
  }

  /// Adjusts what stayed behind a cut.
  private func repair(
    _ state: ModelState,
    _ whole: ModelState,
    _ step: RepairStep
  ) throws -> ModelState {
    var state = state
    let tokens = try data[step.data]
    state.trained.append(try keys.repair(step, of: state, cutFrom: whole).hash)
    state.model = try stages.run("repair \(step.repair.signature)") { _ in
      (try Repairing(whole.model, context).repair(state.model, by: step.repair, on: tokens), "")
    }
    return state
  }

  /// What was selected, kind by kind.
  private static func text(_ selection: Selection) -> String {
    Dictionary(grouping: selection.removed, by: \.kind).sorted { $0.key < $1.key }.map {
      kind,
      units in
      let numbers = units.map(\.number).sorted()
      return numbers.count <= 64
        ? "\(kind) \(numbers.map(String.init).joined(separator: ", "))"
        : "\(numbers.count) \(kind)"
    }
    .joined(separator: "; ")
  }

  private func keep(_ scores: Scores, as stem: String) throws -> String {
    try folder.keep(ScoreFile.text(scores), as: stem, extension: "csv")
  }

  // MARK: What is kept of scores

  /// A number for each unit, and the spans' where there are any.
  private static func json(_ scores: Scores) -> JSON {
    var members = [
      JSON.Member(
        key: "scores",
        value: .object(
          zip(scores.units, scores.values).map { unit, value in
            JSON.Member(key: "\(unit.number)", value: number(value))
          }
        )
      )
    ]
    if let spans = scores.spans {
      members.append(.init(key: "spans", value: .array(spans.map { .array($0.map(number)) })))
    }
    return .object(members)
  }

  /// A number; JSON has none for infinity.
  private static func number(_ value: Double) -> JSON {
    JSONNumber(value).map(JSON.number) ?? .string("infinity")
  }

  private func scores(_ step: ScoreStep, of state: ModelState, from json: JSON) -> Scores? {
    let blocks = step.unit.units(of: state.model)
    let found = json["scores"]?.members ?? []
    guard found.map(\.key) == blocks.flatMap(\.all).map({ "\($0.number)" }) else { return nil }
    let values = found.compactMap { $0.value == "infinity" ? .infinity : $0.value.double }
    let spans = json["spans"]?.array?.map { ($0.array ?? []).compactMap(\.double) }
    return try? Scores(
      criterion: step.criterion.signature,
      scale: step.criterion.scale,
      blocks: blocks,
      values: values,
      spans: spans
    )
  }
}
