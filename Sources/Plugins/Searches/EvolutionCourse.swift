import BillhookCore

/// An evolution under way: the best candidates so far, and what comes of them.
final class EvolutionCourse: SearchCourse {
  let comparison: [Int]

  private let evolution: Evolution
  private let task: SearchTask
  private let breeding: Breeding
  /// The best candidates so far, best first.
  private var parents: [(kept: [Bool], loss: Double)] = []

  /// How often a candidate is tried to be made before there is one less.
  private static let tries = 20

  init(_ evolution: Evolution, _ task: SearchTask) throws {
    self.evolution = evolution
    self.task = task
    breeding = Breeding(evolution, task)
    let windows = Array(0..<task.windows)
    guard let samples = evolution.samples, samples < windows.count else {
      comparison = windows
      return
    }
    let draws = try RandomDraws(RandomSeed(evolution.seed).derived("windows"))
    comparison = try draws.shuffled(windows).prefix(samples).sorted()
  }

  var stepCount: Int { evolution.generations }

  // MARK: Generations

  func proposals(ofStep step: Int, _ seed: RandomSeed) throws -> SearchProposals {
    let draws = try RandomDraws(seed)
    var candidates: [[Bool]] = []
    var known = Set(parents.map(\.kept))
    /// Adds a candidate, if one can be made that is not there yet.
    func add(_ make: () throws -> [Bool]?) throws {
      for _ in 0..<Self.tries {
        guard let kept = try make(), known.insert(kept).inserted else { continue }
        candidates.append(kept)
        return
      }
    }
    if parents.isEmpty {
      known.insert(task.start)
      candidates.append(task.start)
    } else {
      for _ in 0..<evolution.mutations {
        let parent = try draws.element(of: parents).kept
        try add { try self.breeding.mutant(of: parent, .later, draws) }
      }
      for _ in 0..<evolution.crossovers where parents.count > 1 {
        let pair = try draws.shuffled(parents).prefix(2).map(\.kept)
        try add { try self.breeding.crossover(pair[0], pair[1], draws) }
      }
    }
    for _ in candidates.count..<max(candidates.count, evolution.population) {
      try add { try self.breeding.mutant(of: self.task.start, .first, draws) }
    }
    return SearchProposals(candidates, on: comparison)
  }

  func learn(_ losses: [Double], of proposals: SearchProposals, ofStep step: Int) throws {
    let new = zip(proposals.candidates, losses).map { kept, loss in
      (kept: kept, loss: loss.isNaN ? .infinity : loss)
    }
    let all = parents + new
    // Of equal losses, the older candidate is the better one.
    let order = all.indices.sorted { (all[$0].loss, $0) < (all[$1].loss, $1) }
    parents = order.prefix(evolution.parents).map { all[$0] }
  }

  func answer() throws -> [Bool] { parents.first?.kept ?? task.start }

  // MARK: Going on

  func state() throws -> [String: Tensor] {
    guard !parents.isEmpty else { return [:] }
    let bytes = parents.flatMap { $0.kept.map { $0 ? UInt8(1) : 0 } }
    let shape = [parents.count, task.space.count]
    let kept = try bytes.withUnsafeBytes {
      try Tensor(copying: $0, shape: shape, dtype: .uint8)
    }
    return ["kept": kept, "losses": try Tensor(parents.map(\.loss))]
  }

  func restore(_ state: [String: Tensor]) throws {
    guard let kept = state["kept"], let losses = state["losses"] else {
      parents = []
      return
    }
    let found = try losses.doubles()
    let count = task.space.count
    let bits = try kept.withBytes { bytes in bytes.map { $0 != 0 } }
    guard kept.shape == [found.count, count], bits.count == found.count * count else {
      throw DataError("the checkpoint holds the parents of another search")
    }
    parents = found.indices.map { (Array(bits[$0 * count..<($0 + 1) * count]), found[$0]) }
  }
}
