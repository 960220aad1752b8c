import BillhookCore

extension Trial {
  /// Lets a repair adjust what stays of single weights: with masks that are known, and with masks that
  /// are chosen as it asks for them.
  func checkMasks(repairedBy repair: any Repair, _ verdict: inout Verdict) {
    for setting in settings(of: repair) {
      let isOnTheWay = setting.choice == .slab
      let masks = setting.unit.pattern.map { "masks of \($0.literalText)" } ?? "masks"
      let what =
        "\(masks)\(isOnTheWay ? ", chosen on the way," : "") and weights repaired on \(name)"
      func made(tokensAtOnce: Int? = nil) throws -> LanguageModel {
        try masked(by: setting, on: tokens, tokensAtOnce: tokensAtOnce)
      }
      guard let sparse = verdict.answer(what, { try made() }) else { continue }
      checkZeros(sparse, setting, what, &verdict)
      checkCounts(sparse, setting, what, &verdict)
      checkAgain(sparse, what, &verdict) { try made() }
      checkMaskBatches(sparse, what, &verdict) { try made(tokensAtOnce: $0) }
      // What is chosen on the way may turn around with the last bit, and all weights after it.
      guard !isOnTheWay, let expected = verdict.answer(what, { try logits(of: sparse) }) else {
        continue
      }
      // Repairs solve equations, which makes rounding larger.
      _ = checkBatches("\(what) are", equal: expected, within: 1e-3, &verdict) {
        try logits(of: made(tokensAtOnce: $0))
      }
    }
  }

  /// Stops a run in which a repair adjusts what stays of single weights, and starts it again.
  func checkResumingMasks(repairedBy repair: any Repair, _ verdict: inout Verdict) {
    checkResuming(
      { place in
        """
        prune weight on windows { by magnitude, remove 50%, repair \(repair.recipeText()) }
        save "\(place)/out"
        """
      },
      with: repair,
      inStage: "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  /// Masks anywhere and of a pattern, known beforehand, and chosen on the way where the repair can.
  private func settings(of repair: any Repair) -> [SparseSetting] {
    guard let magnitude = Self.magnitude, let wanda = Self.wanda else { return [] }
    let patterns: [SparsityPattern?] = [nil, SparsityPattern(2, of: 4)]
    let known = patterns.map { pattern in
      let unit = AnyWeight(pattern: pattern, group: .row, choice: .once)
      return SparseSetting(unit, by: magnitude, repairedBy: repair)
    }
    let onTheWay = patterns.map { pattern in
      let unit = AnyWeight(pattern: pattern, group: .row, choice: .slab)
      return SparseSetting(unit, by: wanda, repairedBy: repair)
    }
    return (known + (repair.slab == nil ? [] : onTheWay)).filter {
      $0.obstacle == nil && $0.obstacle(on: model) == nil
    }
  }

  private func logits(of repaired: LanguageModel) throws -> [Double] {
    try Traversal(repaired, context()).logits(of: [tokens.windows[0].tokens]).doubles()
  }
}
