import BillhookFiles
import BillhookModels
import BillhookTorch

extension Traversal {
  /// The losses of candidates by the processes that share the work, in all of them.
  ///
  /// Each process runs all candidates on its own batches; or, where batches cannot be dealt out evenly,
  /// some candidates on all of them, if that changes no bit: if none walks in a row with another. Either
  /// way each loss is one process's, so they are those of one process.
  func dealt(
    _ tokens: TokenSet,
    _ candidates: [Gates],
    _ tree: StateTree?,
    alsoOwn: Bool,
    isApart: Bool
  ) throws -> [[TokenLoss]] {
    let processes = context.processes
    let all = Sequences(tokens, context)
    let batches = all.batches
    let areAlone = isApart || batches.indices.allSatisfy { all.pathsAtOnce(ofBatch: $0) == 1 }
    if tree == nil, areAlone, candidates.count > 1, !processes.dealEvenly(batches.count) {
      return try dealt(candidates, tokens, all, alsoOwn: alsoOwn)
    }
    let own = Sequences(dealt: tokens, context)
    var found: [[TokenLoss]] = []
    if !own.batches.isEmpty {
      found = try forward(
        own,
        of: tokens,
        candidates: candidates,
        tree: tree,
        alsoOwn: alsoOwn,
        isApart: isApart
      )
    }
    try processes.meet(
      at: "the losses of \(candidates.count) candidates on \(batches.count) batches"
    )
    let sums = try processes.gather(found.flatMap { $0.map(\.sum) })
    let rows = candidates.count + (alsoOwn ? 1 : 0)
    return (0..<rows).map { row in
      let row = sums.flatMap { sums in
        let count = sums.count / max(1, rows)
        return sums[row * count..<(row + 1) * count]
      }
      return zip(row, batches).map { TokenLoss(sum: $0, count: $1.targetCount) }
    }
  }

  /// The losses of candidates, of which each process runs some.
  private func dealt(
    _ candidates: [Gates],
    _ tokens: TokenSet,
    _ all: Sequences,
    alsoOwn: Bool
  ) throws -> [[TokenLoss]] {
    let processes = context.processes
    // Those that part from the model early take longest, and neighbours take about as long.
    let own = candidates.indices.filter { $0 % processes.size == processes.rank }
    // The model's own path goes as far as the last candidate's start in any case.
    let isOwn = alsoOwn && processes.leads
    var found: [[TokenLoss]] = []
    if !own.isEmpty || isOwn {
      found = try forward(
        all,
        of: tokens,
        candidates: own.map { candidates[$0] },
        tree: nil,
        alsoOwn: isOwn,
        isApart: true
      )
    }
    try processes.meet(at: "the losses of \(candidates.count) dealt candidates")
    let sums = try processes.gather(found.flatMap { $0.map(\.sum) })
    func losses(_ row: Int, of rank: Int) -> [TokenLoss] {
      let count = all.batches.count
      return zip(sums[rank][row * count..<(row + 1) * count], all.batches).map {
        TokenLoss(sum: $0, count: $1.targetCount)
      }
    }
    let rows = candidates.indices.map { losses($0 / processes.size, of: $0 % processes.size) }
    let last = (candidates.count + processes.size - 1) / processes.size
    return rows + (alsoOwn ? [losses(last, of: 0)] : [])
  }
}

extension ProcessGroup {
  /// Whether some equal pieces of work keep all processes busy for nine tenths of the time.
  fileprivate func dealEvenly(_ count: Int) -> Bool {
    let longest = (count + size - 1) / size
    return 10 * count >= 9 * longest * size
  }
}
