import BillhookCore

extension Trial {
  /// Switches units off, cuts them out, and counts what that saves.
  func check(_ unit: any PruningUnit, _ verdict: inout Verdict) {
    let described = verdict.answer("the units of \(name)", breaking: .declared) {
      try unit.checkedUnits(of: model)
    }
    guard let described else { return }
    verdict.require(!described.isEmpty, .declared, "\(name) has no such units")
    checkNumbers(described, &verdict)
    checkSlices(described, &verdict)
    let steps = described.filter { $0.stepCount > 0 }
    guard let first = steps.first, let last = steps.last else {
      return verdict.note(.declared, "on \(name): none of its units may go")
    }
    // The first step of one block, of two, and a second time in what is left.
    let one = first.firstStep
    let two = first.block == last.block ? one : one + last.firstStep
    check(one, unit, in: model, &verdict)
    guard let cut = check(two, unit, in: model, &verdict) else { return }
    let rest = unit.units(of: cut)
    verdict.require(
      rest.flatMap(\.all).map(\.number)
        == described.flatMap(\.all).map(\.number).filter { number in
          !two.contains { $0.number == number }
        },
      .numbers,
      "on \(name): without units \(two.map(\.number)), the others have different numbers"
    )
    if let next = rest.first(where: { $0.stepCount > 0 }) {
      check(next.firstStep, unit, in: cut, &verdict)
    }
    let together = unit.closing(two, in: Gates(), of: model)
    let apart = two.reversed().reduce(Gates()) { unit.closing([$1], in: $0, of: model) }
    verdict.require(
      together == apart,
      .gatesEqualCut,
      "on \(name): units closed together and one by one are not the same gates"
    )
  }

  private func checkNumbers(_ described: [BlockUnits], _ verdict: inout Verdict) {
    let numbers = described.flatMap(\.all).map(\.number)
    verdict.require(
      Set(numbers).count == numbers.count,
      .numbers,
      "on \(name): two units have the same number"
    )
  }

  /// Units of a block lie side by side in their slices, so no weight may be sliced twice.
  private func checkSlices(_ described: [BlockUnits], _ verdict: inout Verdict) {
    var seen: Set<WeightID> = []
    for slice in described.flatMap(\.slices) where !seen.insert(slice.weight).inserted {
      verdict.note(.disjoint, "on \(name): two slices hold parts of \(slice.weight)")
    }
  }

  /// Compares the gated model with the cut one, and returns the cut one.
  @discardableResult
  private func check(
    _ removed: [PrunableUnit],
    _ unit: any PruningUnit,
    in model: LanguageModel,
    _ verdict: inout Verdict
  ) -> LanguageModel? {
    let what = "on \(name), without \(removed.map(\.label).joined(separator: ", "))"
    let gates = unit.closing(removed, in: model.gates, of: model)
    guard let cut = verdict.answer(what, breaking: .gatesEqualCut, { try model.removing(gates) })
    else {
      return nil
    }
    var gated = model
    gated.gates = gates
    if let found = verdict.answer(what, { try [model, gated, cut].map(logits) }) {
      verdict.require(found[1], equal: found[2], .gatesEqualCut, "\(what): gated and cut")
      verdict.require(found[0] != found[1], .gatesEqualCut, "\(what): the gates close nothing")
    }
    let saved = model.parameterCount - cut.parameterCount
    let said = removed.reduce(0) { $0 + $1.parameterCount }
    verdict.require(
      saved == said,
      .cost,
      "\(what): the units are said to cost \(said) parameters, and the cut saves \(saved)"
    )
    return cut
  }

  private func logits(of model: LanguageModel) throws -> [Double] {
    let windows = tokens.windows.filter { $0.tokens.count == 12 }.map(\.tokens)
    return try Traversal(model, context()).logits(of: windows).doubles()
  }
}

extension BlockUnits {
  /// The units that go with the first step, without any scores.
  fileprivate var firstStep: [PrunableUnit] {
    Ranking(self, [Double](repeating: 0, count: count)).step(0).map(unit)
  }
}
