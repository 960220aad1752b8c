import BillhookCore

extension Trial {
  /// Refines masks that keep half of each row, masks with a pattern, and masks of a model that lost
  /// weights before, and looks at what is zero.
  func check(_ refiner: any Refiner, _ verdict: inout Verdict) {
    guard let magnitude = Self.magnitude else { return }
    let rows = SparseSetting(AnyWeight(group: .row), by: magnitude)
    let what = "masks refined on \(name)"
    check(refiner, of: rows, what, &verdict)
    let pairs = SparseSetting(AnyWeight(pattern: SparsityPattern(2, of: 4)), by: magnitude)
    if refiner.obstacle(to: pairs.unit) == nil {
      check(refiner, of: pairs, "masks of 2:4 refined on \(name)", &verdict)
    }
    checkAfterPruning(refiner, rows, &verdict)
    checkResuming(
      { place in
        """
        prune weight on windows {
          by magnitude
          remove 50%
          group = row
          refine \(refiner.recipeText())
        }
        save "\(place)/out"
        """
      },
      with: refiner,
      inStage: refiner.needsOwnPass ? "refine" : "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  private func check(
    _ refiner: any Refiner,
    of setting: SparseSetting,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    func refined(tokensAtOnce: Int? = nil) throws -> LanguageModel {
      try self.refined(setting, by: refiner, tokensAtOnce: tokensAtOnce)
    }
    guard let made = verdict.answer(what, { try refined() }),
      let before = verdict.answer(what, { try masked(by: setting, on: tokens) })
    else { return }
    checkZeros(made, setting, what, &verdict)
    if setting.unit.pattern != nil { checkCounts(made, setting, what, &verdict) }
    checkCounts(made, asIn: before, of: setting.unit.roles, by: refiner.group, what, &verdict)
    checkAgain(made, what, &verdict) { try refined() }
    checkMaskBatches(made, what, &verdict) { try refined(tokensAtOnce: $0) }
  }

  /// Refines masks of a model of which a quarter of each row was gone before.
  private func checkAfterPruning(
    _ refiner: any Refiner,
    _ setting: SparseSetting,
    _ verdict: inout Verdict
  ) {
    let what = "masks refined on \(name), which lost weights before"
    let found = verdict.answer(what) {
      let earlier = try masked(by: setting, on: tokens, percent: 25)
      return (earlier: earlier, made: try refined(setting, by: refiner, from: earlier))
    }
    guard let (earlier, made) = found else { return }
    checkZeros(made, since: earlier, setting, what, &verdict)
    for (id, _) in model.configuration.allWeights where setting.unit.roles.contains(id.role) {
      let returned = verdict.answer(what) {
        guard let old = try earlier.weights.mask(id), let new = try made.weights.mask(id) else {
          return 0.0
        }
        return try (new .& .!old).sum(dtype: .int64).scalar()
      }
      verdict.require(
        returned ?? 0 == 0,
        .holdsMask,
        "\(what): weights of \(id) that were gone are back"
      )
    }
  }

  private func refined(
    _ setting: SparseSetting,
    by refiner: any Refiner,
    tokensAtOnce: Int? = nil,
    from start: LanguageModel? = nil
  ) throws -> LanguageModel {
    guard refiner.needsOwnPass else {
      let both = SparseSetting(setting.unit, by: setting.criterion, refinedBy: refiner)
      return try masked(by: both, on: tokens, tokensAtOnce: tokensAtOnce, from: start)
    }
    let masked = try masked(by: setting, on: tokens, tokensAtOnce: tokensAtOnce, from: start)
    let folder = place("refined")
    let context = context(tokensAtOnce: tokensAtOnce, scratch: "\(folder)/scratch")
    let refining = RefiningSetting(setting.unit, by: refiner, repairedBy: nil)
    return try RefiningPass(refining, context, in: folder)
      .run(start ?? model, from: masked, on: tokens)
  }
}
