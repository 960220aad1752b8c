import BillhookCore

extension Trial {
  /// Scores every kind of units that the criterion supports.
  func check(_ criterion: any Criterion, _ verdict: inout Verdict) {
    if let criterion = criterion as? any UpdateCriterion { return check(criterion, &verdict) }
    let kinds = units.filter { criterion.granularities.contains($0.granularity) }
    let valuesWeights = criterion.granularities.contains(.weight)
    verdict.require(
      !kinds.isEmpty || valuesWeights,
      .declared,
      "it supports no kind of units; see `granularities`"
    )
    if valuesWeights { checkMasks(by: criterion, &verdict) }
    for unit in kinds { guard check(criterion, unit, &verdict) else { return } }
    guard let unit = kinds.first else { return }
    let data = criterion.evidence.isEmpty ? "" : " on windows"
    checkResuming(
      { _ in "score \(unit.recipeName)\(data) { by \(criterion.recipeText()) }" },
      with: criterion,
      inStage: "evidence",
      &verdict
    ) { outcome, _ in
      let name = "scores-\(type(of: criterion).name).csv"
      return String(decoding: try FileSystem.read("\(outcome.folder)/\(name)"), as: UTF8.self)
    }
  }

  /// Scores one kind of units; false when that cannot be done at all.
  private func check(
    _ criterion: any Criterion,
    _ unit: any PruningUnit,
    _ verdict: inout Verdict
  ) -> Bool {
    let what = "scores of \(type(of: unit).name) on \(name)"
    func scores(_ model: LanguageModel, _ tokens: TokenSet, _ batch: Int? = nil) throws -> [Double]
    {
      let scoring = Scoring(model, [unit], context(tokensAtOnce: batch))
      let measured = try scoring.measure(
        for: criterion,
        on: criterion.evidence.isEmpty ? nil : tokens
      )
      let found = try scoring.scores(by: criterion, from: measured)[0]
      return found.values + (found.spans?.rows ?? []).joined()
    }
    guard let expected = verdict.answer(what, { try scores(model, tokens) }) else {
      return false
    }
    let again = verdict.answer(what) { try scores(model, tokens) }
    verdict.require(again == expected, .deterministic, "\(what) differ from one call to the next")
    guard
      checkBatches("\(what) are", equal: expected, &verdict, { try scores(model, tokens, $0) })
    else { return false }
    let reversed = verdict.answer(what) { try scores(model, reversedTokens) }
    if let reversed {
      verdict.require(reversed, equal: expected, .batches, "\(what) depend on the windows' order")
    }
    checkAfterCut(unit, what, &verdict) { try scores($0, tokens) }
    return true
  }

  /// Scores a model that lost a unit as well.
  private func checkAfterCut(
    _ unit: any PruningUnit,
    _ what: String,
    _ verdict: inout Verdict,
    scores: (LanguageModel) throws -> [Double]
  ) {
    guard let first = unit.units(of: model).first?.all.first else { return }
    let all = unit.units(of: model).flatMap(\.all).count
    _ = verdict.answer("\(what) without \(first.label)") {
      let left = try scores(cut([first], unit))
      guard left.count >= all - 1 else {
        throw TrialError(description: "gave \(left.count) for \(all - 1) units")
      }
    }
  }
}
