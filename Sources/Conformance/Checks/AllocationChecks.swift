import BillhookCore

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

  /// Asks for the shares, unless something has to be measured for them.
  private func check(_ allocation: any ProportionalAllocation, _ verdict: inout Verdict) {
    guard allocation.evidence.isEmpty else { return }
    let what = "shares on \(name)"
    func shares() throws -> [Double] {
      try allocation.checkedShares(ofBlocks: TinyModel.blockCount, Statistics())
    }
    guard let found = verdict.answer(what, shares) else { return }
    verdict.require(found.contains { $0 > 0 }, .answers, "\(what) are all 0")
    let again = verdict.answer(what, shares)
    verdict.require(again == found, .deterministic, "\(what) differ from one call to the next")
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
