import BillhookCore
import BillhookPipeline

extension Trial {
  /// Searches among units of each kind by random scores, and stops a run on its way.
  func check(_ search: any Search, _ verdict: inout Verdict) {
    let kinds = units.filter { search.granularities.contains($0.granularity) }
    verdict.require(!kinds.isEmpty, .declared, "it searches no units; see `granularities`")
    var refusals: [String] = []
    var isSound = true
    for unit in kinds {
      do throws(BudgetError) {
        let count = unit.units(of: model).reduce(0) { $0 + $1.count }
        let found = try check(search, [unit], .units(max(1, count / 4)), &verdict)
        isSound = isSound && found
      } catch {
        refusals.append("\(error)")
      }
    }
    verdict.require(
      kinds.isEmpty || refusals.count < kinds.count,
      .answers,
      "on \(name): \(refusals.first ?? "")"
    )
    guard isSound,
      let unit = kinds.first(where: { $0.granularity == .channels }) ?? kinds.first
    else { return }
    checkResuming(
      { place in
        """
        prune \(unit.recipeName) on windows {
          by magnitude, remove 25%, search \(search.recipeText())
        }
        evaluate perplexity on windows
        save "\(place)/out" { architecture = custom }
        """
      },
      with: search,
      inStage: "search",
      &verdict
    ) { outcome, place in
      try "\(outcome.report.rows.flatMap(\.metrics).map(\.value))\(hash(of: "\(place)/out"))"
    }
  }

  /// Searches, where some choice of units meets the amount.
  ///
  /// - Returns: Whether its answers can be used.
  private func check(
    _ search: any Search,
    _ units: [any PruningUnit],
    _ amount: Amount,
    _ verdict: inout Verdict
  ) throws(BudgetError) -> Bool {
    let what = "search of \(units.map { type(of: $0).name }.joined(separator: " and ")) on \(name)"
    let budget = try Budget(
      amount,
      keep: Keep(first: 1),
      allocation: Evenly(),
      units: units,
      model: model,
      opened: model
    )
    let space: SearchSpace
    do throws(BudgetError) {
      space = try SearchSpace(budget, of: model)
    } catch {
      // Such units are searched by none.
      return true
    }
    try search.validate(for: space)
    // No two scores are alike, and blocks differ.
    let scores = (0..<space.count).map { (unit: Int) -> Double in
      let rough = (unit * 7 + unit / 5) % 23
      return Double(rough) + Double(unit) / 1000
    }
    guard let start = space.fitted(space.all, by: scores) else { return true }
    let task = SearchTask(
      space: space,
      scores: scores,
      start: start,
      windows: tokens.windows.count
    )
    guard let course = verdict.answer(what, { try search.course(of: task) }),
      checkSteps(of: search, task, what, &verdict)
    else { return false }
    func run() throws -> SearchRun.Result {
      try SearchRun(search, task, units, of: model, context()).run(on: tokens)
    }
    guard let found = verdict.answer(what, { try run() }) else { return false }
    let again = verdict.answer(what) { try run() }
    verdict.require(
      again?.kept == found.kept && again?.outcome == found.outcome,
      .deterministic,
      "\(what) differs from one call to the next"
    )
    // Of models that were really cut.
    let windows = TokenSet(course.comparison.map { tokens.windows[$0] }, note: tokens.note)
    func loss(_ kept: [Bool]) throws -> Double {
      let gates = space.gates(kept, units, of: model)
      let cut = try model.removing(gates)
      return try Traversal(cut, context()).loss(on: windows).mean
    }
    guard
      let losses = verdict.answer(
        what,
        { (found: try loss(found.kept), start: try loss(start)) }
      )
    else { return false }
    verdict.require(
      losses.found <= losses.start * (1 + 1e-5),
      .neverWorse,
      "\(what) gives the loss \(losses.found), and scores alone \(losses.start)"
    )
    return true
  }

  /// Goes through the steps of a search with losses that no model gave; then again, with a pause after
  /// each step in which all it knows is what it wrote down.
  ///
  /// - Returns: Whether its answers meet the amount.
  private func checkSteps(
    of search: any Search,
    _ task: SearchTask,
    _ what: String,
    _ verdict: inout Verdict
  ) -> Bool {
    /// Neither the start nor the fewest parameters are best.
    func loss(_ kept: [Bool]) -> Double {
      var sum = 1.0
      for (unit, stays) in kept.enumerated() { sum += stays ? Double(unit * 13 % 17) : 8 }
      return sum
    }
    func steps(pausing: Bool) throws -> (kept: [Bool], evaluations: Int) {
      var course = try search.course(of: task)
      var evaluations = 0
      let count = task.space.count
      for step in 0..<course.stepCount {
        let seed = RandomSeed(search.seed).derived("step \(step)")
        let proposals = try course.proposals(ofStep: step, seed)
        evaluations += proposals.candidates.count
        if let wrong = proposals.candidates.first(where: { $0.count != count }) {
          throw DataError("a candidate names \(wrong.count) units of \(count)")
        }
        try course.learn(proposals.candidates.map(loss), of: proposals, ofStep: step)
        guard pausing else { continue }
        let known = try course.state()
        course = try search.course(of: task)
        try course.restore(known)
      }
      return (try course.answer(), evaluations)
    }
    guard let found = verdict.answer(what, { try steps(pausing: false) }) else { return false }
    if let fault = task.space.fault(found.kept) {
      verdict.require(false, .budget, "\(what) \(fault)")
      return false
    }
    let work = search.work(in: task.space, windows: task.windows)
    let most = (work.steps ?? 0) * work.candidates
    verdict.require(
      found.evaluations <= most,
      .bounded,
      "\(what) evaluates \(found.evaluations) candidates, and said \(most) at most"
    )
    let resumed = verdict.answer(what, breaking: .resumes) { try steps(pausing: true) }
    verdict.require(
      resumed?.kept == found.kept,
      .resumes,
      "\(what) finds something else when it goes on from what it wrote down"
    )
    return true
  }
}

/// The same share of each block, as what a search starts from.
private struct Evenly: ProportionalAllocation {
  static let name = "evenly"
  static let summary = "The same share of each block."

  func shares(ofBlocks count: Int, _ statistics: Statistics) -> [Double] {
    Array(repeating: 1, count: count)
  }
}
