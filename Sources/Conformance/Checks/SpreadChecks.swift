import BillhookCore

extension Trial {
  /// Asks for the moves of blocks, heads and channels with random scores.
  func check(_ spread: any Spread, _ verdict: inout Verdict) {
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
        moves = try spread.moves(rankings, blocks: TinyModel.blockCount)
        let again = try spread.moves(rankings, blocks: TinyModel.blockCount)
        verdict.require(again == moves, .deterministic, "\(what) differ from one time to the next")
      } catch {
        refusals.append("\(error)")
        continue
      }
      let taken = Dictionary(grouping: moves.joined(), by: { $0 }).mapValues(\.count)
      verdict.require(
        taken.keys.allSatisfy(rankings.indices.contains),
        .answers,
        "\(what) take rankings that are not there"
      )
      let most = rankings.enumerated().first { $1.stepCount < taken[$0] ?? 0 }
      verdict.require(
        most == nil,
        .answers,
        "\(what) take more steps of block \(most?.element.units.block ?? 0) than it has"
      )
    }
    // Some spreads are not for whole blocks; one that is for nothing is none.
    verdict.require(refusals.count < kinds.count, .answers, "on \(name): \(refusals.first ?? "")")
  }
}
