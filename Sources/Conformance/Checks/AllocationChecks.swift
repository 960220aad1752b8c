import BillhookCore
import BillhookPipeline

extension AllocatedShares {
  /// All shares, those of matrices in the order of the model.
  fileprivate func numbers(of model: LanguageModel) -> [Double] {
    switch self {
    case .blocks(let shares): shares
    case .matrices(let shares):
      model.configuration.allWeights.compactMap { shares[$0.id] }
    }
  }
}

extension Trial {
  /// Asks for moves, or for the shares of the blocks.
  func check(_ allocation: any Allocation, _ verdict: inout Verdict) {
    switch allocation {
    case let allocation as any RankedAllocation: check(allocation, &verdict)
    case let allocation as any ProportionalAllocation: check(allocation, &verdict)
    default:
      verdict.require(
        false,
        .declared,
        "it is neither a RankedAllocation nor a ProportionalAllocation"
      )
    }
  }

  /// Asks for the shares, with what has to be measured for them.
  private func check(_ allocation: any ProportionalAllocation, _ verdict: inout Verdict) {
    if let obstacle = allocation.obstacle { verdict.require(false, .declared, "it \(obstacle)") }
    guard allocation.obstacle == nil else { return }
    let what = "shares on \(name)"
    func shares(_ tokens: TokenSet, _ batch: Int? = nil) throws -> [Double] {
      let shares = try allocation.measuredShares(
        of: model,
        ofBlocks: TinyModel.blockCount,
        on: tokens,
        context(tokensAtOnce: batch)
      )
      return shares.numbers(of: model)
    }
    guard let found = verdict.answer(what, { try shares(tokens) }) else { return }
    verdict.require(found.contains { $0 > 0 }, .answers, "\(what) are all 0")
    if found.contains(where: { $0 > 0 }) { checkAmounts(allocation, what, &verdict) }
    let again = verdict.answer(what) { try shares(tokens) }
    verdict.require(again == found, .deterministic, "\(what) differ from one call to the next")
    guard !allocation.evidence.isEmpty else { return }
    // Shares of matrices are for single weights.
    guard !allocation.isOfMatrices else { return checkResuming(ofMatrices: allocation, &verdict) }
    guard checkBatches("\(what) are", equal: found, &verdict, { try shares(tokens, $0) }),
      let unit = units.first(where: { $0.granularity == .channels })
    else { return }
    checkResuming(
      { place in
        """
        prune \(unit.recipeName) on windows {
          by magnitude, remove 20%, allocate \(allocation.recipeText())
        }
        evaluate perplexity on windows
        save "\(place)/out" { architecture = custom }
        """
      },
      with: allocation,
      inStage: "shares",
      &verdict
    ) { outcome, place in
      try "\(outcome.report.rows.flatMap(\.metrics).map(\.value))\(hash(of: "\(place)/out"))"
    }
  }

  private func checkResuming(
    ofMatrices allocation: any ProportionalAllocation,
    _ verdict: inout Verdict
  ) {
    checkResuming(
      { place in
        """
        prune weight on windows { by magnitude, remove 20%, allocate \(allocation.recipeText()) }
        save "\(place)/out"
        """
      },
      with: allocation,
      inStage: "shares",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  /// Divides amounts of single weights, and compares what the blocks or matrices lose with them.
  private func checkAmounts(
    _ allocation: any ProportionalAllocation,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    guard
      let shares = verdict.answer(
        what,
        {
          try allocation.measuredShares(
            of: model,
            ofBlocks: TinyModel.blockCount,
            on: tokens,
            context(tokensAtOnce: nil)
          )
        }
      )
    else { return }
    let matrices = model.configuration.allWeights.filter { $0.id.role.kind == .projection }
    func parts(_ percent: Double) throws -> SparseShares {
      try SparseShares(
        percent,
        of: WeightRole.projections,
        in: model,
        keeping: Keep(),
        by: allocation,
        shares,
        openedBlocks: TinyModel.blockCount
      )
    }
    for percent in [5.0, 20, 50, 80] {
      // Much may be more than it can give; little is not.
      let divided = percent > 5 ? try? parts(percent) : verdict.answer(what) { try parts(percent) }
      guard let parts = divided else { continue }
      let amount = "\(what): of \(Int(percent)) %"
      let lost = matrices.map { id, shape in
        (part: parts.percent(of: id) ?? 0, count: Double(shape.reduce(1, *)))
      }
      let all = lost.reduce(0) { $0 + $1.count }
      let mean = lost.reduce(0) { $0 + $1.part * $1.count } / all
      verdict.require(
        abs(mean - percent) < 1e-9 * percent,
        .counts,
        "\(amount) all matrices together lose \(mean) %"
      )
      let most = lost.map(\.part).max() ?? 0
      verdict.require(
        most <= 100 * allocation.most * (1 + 1e-12),
        .counts,
        "\(amount) one matrix loses \(most) %, where \(100 * allocation.most) % is the most"
      )
      checkCounts(parts, amount, &verdict)
    }
  }

  /// Makes zeros by the shares, and counts them.
  private func checkCounts(_ parts: SparseShares, _ what: String, _ verdict: inout Verdict) {
    guard let found = verdict.answer(what, { try zeros(by: parts) }) else { return }
    for (id, shape) in model.configuration.allWeights where id.role.kind == .projection {
      let count = shape.reduce(1, *)
      let expected = MaskRule(pattern: nil, group: .matrix, rounding: .down)
        .count(of: count, parts.percent(of: id) ?? 0)
      let gone = found[id] ?? 0
      verdict.require(
        gone == expected,
        .counts,
        "\(what) \(gone) weights of \(id) are gone, where \(expected) were asked for"
      )
    }
  }

  /// Asks for the moves of blocks, heads and channels with random scores.
  private func check(_ allocation: any RankedAllocation, _ verdict: inout Verdict) {
    var refusals: [String] = []
    let kinds = units
    for unit in kinds {
      let what = "moves of \(type(of: unit).name) on \(name)"
      let rankings = unit.units(of: model).enumerated().map { index, units in
        // No two scores are alike, and blocks differ.
        Ranking(units, (0..<units.count).map { Double(($0 * 7 + index * 3) % 23) + 0.5 })
      }
      let moves: [[Int]]
      do {
        moves = try allocation.moves(rankings)
        let again = try allocation.moves(rankings)
        verdict.require(again == moves, .deterministic, "\(what) differ from one call to the next")
      } catch {
        refusals.append("\(error)")
        continue
      }
      let taken = Dictionary(grouping: moves.joined(), by: { $0 }).mapValues(\.count)
      verdict.require(
        taken.keys.allSatisfy(rankings.indices.contains),
        .answers,
        "\(what) take rankings that do not exist"
      )
      let most = rankings.enumerated().first { $1.stepCount < taken[$0] ?? 0 }
      verdict.require(
        most == nil,
        .answers,
        "\(what) take more steps of block \(most?.element.units.block ?? 0) than it has"
      )
    }
    // Some allocations are not for whole blocks, but each has to be for some kind of units.
    verdict.require(refusals.count < kinds.count, .answers, "on \(name): \(refusals.first ?? "")")
  }
}
