import BillhookCore
import BillhookPipeline

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
      try allocation.measuredShares(
        of: model,
        ofBlocks: TinyModel.blockCount,
        on: tokens,
        context(tokensAtOnce: batch)
      )
    }
    guard let found = verdict.answer(what, { try shares(tokens) }) else { return }
    verdict.require(found.contains { $0 > 0 }, .answers, "\(what) are all 0")
    let again = verdict.answer(what) { try shares(tokens) }
    verdict.require(again == found, .deterministic, "\(what) differ from one call to the next")
    guard !allocation.evidence.isEmpty else { return }
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
