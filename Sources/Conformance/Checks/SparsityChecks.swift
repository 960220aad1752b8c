import BillhookCore

extension Trial {
  /// Prunes single weights by their size, and by what enters them, and looks at what is zero.
  func check(_ unit: any SparseUnit, _ verdict: inout Verdict) {
    verdict.require(!unit.roles.isEmpty, .declared, "it names no projection; see `roles`")
    let others = unit.roles.subtracting(WeightRole.projections).map(\.rawValue).sorted()
    guard others.isEmpty else {
      let names = others.joined(separator: ", ")
      return verdict.note(.declared, "it names \(names), and only projections can lose weights")
    }
    for criterion in [Self.magnitude, Self.wanda].compactMap(\.self) {
      check(unit, by: criterion, &verdict)
    }
  }

  private func check(
    _ unit: any SparseUnit,
    by criterion: any SaliencyCriterion,
    _ verdict: inout Verdict
  ) {
    let what = "\(name) pruned by \(type(of: unit).name) and \(type(of: criterion).name)"
    // Nothing but a repair chooses masks slab by slab.
    let repair = unit.choice == .slab ? Self.slabRepair : nil
    let setting = SparseSetting(unit, by: criterion, repairedBy: repair)
    guard setting.obstacle == nil, setting.obstacle(on: model) == nil else { return }
    guard let sparse = verdict.answer(what, { try masked(by: setting, on: tokens) }) else { return }
    checkZeros(sparse, setting, what, &verdict)
    // A slab of the built-in repair is wider than any matrix here, so it has a group's whole count.
    checkCounts(sparse, setting, what, &verdict)
    checkAgain(sparse, "masks of \(what)", &verdict) { try masked(by: setting, on: tokens) }
    if !setting.evidence.isEmpty {
      checkMaskBatches(sparse, "masks of \(what)", &verdict) {
        try masked(by: setting, on: tokens, tokensAtOnce: $0)
      }
    }
    checkResuming(
      { place in
        """
        prune \(unit.recipeName)\(setting.evidence.isEmpty ? "" : " on windows") {
          by \(criterion.recipeText())
          \(clauses(of: unit).joined(separator: "\n  "))
          \(repair.map { "repair \($0.recipeText())" } ?? "")
        }
        save "\(place)/out"
        """
      },
      with: unit,
      inStage: "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  /// A unit's settings, and how much goes where no pattern among them says it.
  private func clauses(of unit: any SparseUnit) -> [String] {
    let settings = unit.recipeSettings
    guard !settings.contains(where: { $0.hasPrefix("pattern ") }) else { return settings }
    return ["remove \(unit.pattern?.percent ?? Self.share)%"] + settings
  }

  /// Has a criterion choose masks.
  func checkMasks(by criterion: any Criterion, _ verdict: inout Verdict) {
    guard let criterion = criterion as? any SaliencyCriterion else {
      let message = "values single weights, so it has to be a SaliencyCriterion"
      return verdict.note(.declared, message)
    }
    let what = "masks on \(name)"
    let setting = SparseSetting(AnyWeight(), by: criterion)
    guard let sparse = verdict.answer(what, { try masked(by: setting, on: tokens) }) else { return }
    checkZeros(sparse, setting, what, &verdict)
    checkCounts(sparse, setting, what, &verdict)
    checkAgain(sparse, what, &verdict) { try masked(by: setting, on: tokens) }
    checkMaskBatches(sparse, what, &verdict) {
      try masked(by: setting, on: tokens, tokensAtOnce: $0)
    }
    checkResuming(
      { place in
        """
        prune weight on windows { by \(criterion.recipeText()), remove 50% }
        save "\(place)/out"
        """
      },
      with: criterion,
      inStage: "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }
}
