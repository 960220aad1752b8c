import BillhookCore

extension Trial {
  /// Refines masks that keep half of each row, and looks at what is zero.
  func check(_ refiner: any Refiner, _ verdict: inout Verdict) {
    let what = "masks refined on \(name)"
    guard let magnitude = Self.magnitude else { return }
    let setting = SparseSetting(AnyWeight(group: .row), by: magnitude)
    func refined(tokensAtOnce: Int? = nil) throws -> LanguageModel {
      try self.refined(setting, by: refiner, tokensAtOnce: tokensAtOnce)
    }
    guard let made = verdict.answer(what, { try refined() }) else { return }
    let isPooled = ![.row, .column, .matrix].contains(refiner.group)
    checkZeros(made, setting, what, areCounted: !isPooled, &verdict)
    let again = verdict.answer(what) { try refined() }
    if let again {
      let differing = verdict.answer(what) { try differences(made, again) } ?? 0
      verdict.require(differing == 0, .deterministic, "\(what) differ from one call to the next")
    }
    for size in Self.batchSizes {
      guard let other = verdict.answer(what, { try refined(tokensAtOnce: size) }) else { return }
      let differing = verdict.answer(what) { try differences(made, other) } ?? 0
      verdict.require(
        differing <= 0.002,
        .batches,
        "\(what) are different when \(size) tokens run at once"
      )
    }
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

  private func refined(
    _ setting: SparseSetting,
    by refiner: any Refiner,
    tokensAtOnce: Int?
  ) throws -> LanguageModel {
    guard refiner.needsOwnPass else {
      let both = SparseSetting(setting.unit, by: setting.criterion, refinedBy: refiner)
      return try masked(by: both, on: tokens, tokensAtOnce: tokensAtOnce)
    }
    let masked = try masked(by: setting, on: tokens, tokensAtOnce: tokensAtOnce)
    let folder = place("refined")
    let context = context(tokensAtOnce: tokensAtOnce, scratch: "\(folder)/scratch")
    let refining = RefiningSetting(setting.unit, by: refiner, repairedBy: nil)
    return try RefiningPass(refining, context, in: folder).run(model, from: masked, on: tokens)
  }
}
