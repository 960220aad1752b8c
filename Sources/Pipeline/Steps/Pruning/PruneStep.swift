package import BillhookCore
package import BillhookRecipe

/// Units are scored, and the least important are removed.
package struct PruneStep: PlanStep {
  /// The kinds of units that go.
  package let units: [any PruningUnit]
  /// How the units of each kind are scored: by one criterion on the same data; empty where the units
  /// are named and no criterion is.
  package let scorings: [ScoreStep]
  /// How much is removed.
  package let amount: Amount
  /// What is exempt.
  package let keep: Keep
  /// Where the budget falls.
  package let allocation: any Allocation
  /// The key of the data that the allocation measures; nil where it measures nothing.
  package let allocationData: String?
  /// What searches which units go; nil where their scores say it.
  package let search: SearchStep?
  /// How what stays is adjusted after each cut.
  package let repairs: [RepairStep]
  /// After how many removed units the others are scored again; nil for never.
  package let rescoring: Int?
  /// Where the recipe says how much.
  package let amountSpan: SourceSpan
  /// Where the recipe says what is kept; nil where it does not.
  package let keepSpan: SourceSpan?
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(
    units: [any PruningUnit],
    scorings: [ScoreStep],
    amount: Amount,
    keep: Keep,
    allocation: any Allocation,
    allocationData: String? = nil,
    search: SearchStep? = nil,
    repairs: [RepairStep],
    rescoring: Int?,
    amountSpan: SourceSpan,
    keepSpan: SourceSpan? = nil,
    span: SourceSpan
  ) {
    self.units = units
    self.scorings = scorings
    self.amount = amount
    self.keep = keep
    self.allocation = allocation
    self.allocationData = allocationData
    self.search = search
    self.repairs = repairs
    self.rescoring = rescoring
    self.amountSpan = amountSpan
    self.keepSpan = keepSpan
    self.span = span
  }

  /// What scores them; nil where units are named and nothing is computed.
  package var criterion: (any Criterion)? { scorings.first?.criterion }
  /// The key of the calibration data; nil where none is needed.
  package var data: String? { scorings.first?.data }

  /// How the shares of blocks are measured; nil where nothing has to be.
  var sharing: ShareStep? {
    guard let allocation = allocation as? any ProportionalAllocation, !scorings.isEmpty else {
      return nil
    }
    return ShareStep(allocation, on: allocationData)
  }

  /// Whether states that one round of scoring computed are those of the next; repairs change weights,
  /// and with them all later states.
  private var keepsStates: Bool { rescoring != nil && repairs.isEmpty }

  package var plugins: [any Plugin] {
    scorings.flatMap(\.plugins) + (scorings.isEmpty ? units.map { $0 as any Plugin } : [])
      + [allocation] + (search?.plugins ?? []) + repairs.map { $0.repair as any Plugin }
  }

  package var use: ModelUse { .changes(keyword: "prune", keepsNumbers: repairs.isEmpty) }
  package var isFree: Bool { scorings.isEmpty && repairs.isEmpty }

  package func derivation(_ inputs: PlanInputs) -> String? {
    let units = units.map(\.signature).joined(separator: " and ")
    let repairs = repairs.map {
      ", repair \($0.repair.signature) \(inputs.described($0.data))"
    }
    let scoring = criterion.map {
      ["by \($0.signature)", data.map(inputs.described) ?? "no data"]
    }
    let parts =
      ["prune \(units)"] + (scoring ?? []) + [
        "\(amount)", "\(keep)",
        "allocate \(allocation.signature)" + (sharing?.dataText(inputs) ?? ""),
      ] + (rescoring.map { ["rescore every \($0)"] } ?? [])
      + (search.map { [$0.derivation(inputs)] } ?? [])
    return parts.joined(separator: ", ") + repairs.joined()
  }

  /// A model with the shapes that the step's repairs give it.
  func withBiases(of model: LanguageModel) -> LanguageModel {
    let granularities = units.map(\.granularity).filter { granularity in
      repairs.contains { $0.repair.addsBiases && $0.repair.granularities.contains(granularity) }
    }
    return model.addingBiases(
      toAttention: granularities.contains(.heads),
      toMLP: granularities.contains(.channels)
    )
  }

  // MARK: Running

  /// Removes units: at once, or in rounds with new scores in between.
  package func run(_ state: ModelState, in run: PlanRun) throws -> ModelState {
    let shares = try sharing?.run(state, in: run).ofBlocks
    var rounds = try PruningRounds(self, of: state, opened: run.opened, shares: shares)
    let tree = keepsStates ? StateTree() : nil
    while !rounds.isOver {
      let scores = try scorings.scores(of: rounds.state, in: run, tree: tree)
      let found = try search?.run(state, of: self, rounds.whole, by: scores, in: run)
      let chosen = try select(rounds, in: run) { try found ?? rounds.selection(from: scores) }
      let whole = rounds.state
      var cut = try cut(chosen, by: scores, rounds, in: run)
      for repair in repairs { cut = try repair.run(cut, from: whole, in: run) }
      try rounds.end(with: cut, chosen)
    }
    let after = rounds.finished(derivation(run.inputs))
    report(after, from: state, in: run)
    return after
  }

  /// The stage that chooses what goes.
  func select(
    _ rounds: PruningRounds,
    in run: PlanRun,
    _ choose: () throws -> Selection
  ) throws -> Selection {
    try run.stages.run("selection: \(amount), \(keep)") { _ in
      let chosen = try choose()
      let reach = rounds.reach(with: chosen).map { "\($0.text): " } ?? ""
      return (chosen, reach + rounds.text(of: chosen))
    }
  }

  /// The stage that removes it.
  func cut(
    _ chosen: Selection,
    by scores: [Scores],
    _ rounds: PruningRounds,
    in run: PlanRun
  ) throws -> ModelState {
    try run.stages.run("cut") { byproducts in
      let cut = try rounds.cut(chosen, by: scores)
      if try rounds.isLast(chosen, leaving: cut.model) {
        byproducts.notes += rounds.notes(with: chosen)
      }
      let left = cut.model.parameterCount
      let share = 100 * Double(left) / Double(run.opened.parameterCount)
      let memory = try amount.cacheLoad.map { ", \(try $0.memory(of: cut.model).text)" } ?? ""
      return (cut, "\(left) parameters left, \(rounded(share)) % of the opened model" + memory)
    }
  }

  /// Names the removal in the report.
  func report(_ after: ModelState, from before: ModelState, in run: PlanRun) {
    run.report.removals.append(
      Report.Removal(
        criterion: criterion?.signature,
        amount: "\(amount)",
        keep: "\(keep)",
        from: before,
        to: after,
        layouts: Dictionary(
          units.compactMap { unit in
            unit.units(of: run.opened).first.map { ($0.kind, unit.layout(of: run.opened)) }
          },
          uniquingKeysWith: { first, _ in first }
        ),
        after: run.report.scores.count,
        in: run.stages.branches
      )
    )
  }

  // MARK: Beforehand

  package func check(_ check: inout StepCheck) {
    let obstacles = units.compactMap { unit in
      unit.obstacle(to: check.course.model).map { (type(of: unit).name, $0) }
    }
    for (name, obstacle) in obstacles { check.report(.inconsistent(name, obstacle), at: span) }
    guard obstacles.isEmpty else { return }
    scorings.check(&check, at: span)
    if let obstacle = (allocation as? any ProportionalAllocation)?.obstacle {
      check.report(.inconsistent(type(of: allocation).name, obstacle), at: span)
    }
    if let search {
      search.fitness?.check(&check)
      let model = check.course.model
      if let budget = try? budget(for: model, opened: check.opened),
        let obstacle = search.obstacle(budget, of: model)
      {
        check.report(.inconsistent("search", obstacle), at: search.fitness?.span ?? span)
      }
    }
    if let problem = check.course.problem(
      withSizes: amount,
      isRepaired: !repairs.isEmpty
    ) {
      check.report(.impossibleAmount(problem, advice: nil), at: amountSpan)
      return follow(&check.course)
    }
    do {
      for remark in try check.course.follow(self)?.remarks ?? [] {
        check.report(.unexpectedAmount(remark), at: amountSpan)
      }
    } catch {
      let place = error.isAboutKeep ? keepSpan : nil
      check.report(
        .impossibleAmount(error.description, advice: error.advice),
        at: place ?? amountSpan
      )
    }
  }

  // An amount that cannot be had is reported by `check`.
  package func follow(_ course: inout PruningCourse) { _ = try? course.follow(self) }

  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    let scoring = try scorings.memory(on: model, needs, keepsStates: keepsStates)
    let others = try [scoring, sharing?.memory(on: model, needs)].compactMap(\.self)
    var all = try others + repairs.map { try $0.memory(on: model, needs) }
    if let search, let space = searchSpace(of: model) {
      all.append(try search.memory(space, of: model, needs))
    }
    return all.max { $0.bytes < $1.bytes }
  }

  /// What is searched; nil for nothing, and where the amount cannot be had, which `check` reports.
  private func searchSpace(of model: LanguageModel) -> SearchSpace? {
    guard let search, let budget = try? budget(for: model, opened: model) else { return nil }
    return try? search.space(budget, of: model)
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    let passes = try [
      scorings.onDisk(model, needs), sharing?.onDisk(model, needs) ?? 0,
    ]
    let repairs = try repairs.map { try $0.onDisk(model, needs) }
    let searched = try search.flatMap { search in
      try searchSpace(of: model).map { try search.disk($0, of: model, needs) }
    }
    var need = searched ?? DiskNeed()
    need.passing = max(need.passing, (passes + repairs).max() ?? 0)
    return need
  }
}
