import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A search by policy gradients under way: the probabilities, and the baseline of losses.
final class PolicyGradientCourse: SearchCourse {
  let stepCount: Int
  let comparison: [Int]

  private let search: PolicyGradient
  private let task: SearchTask
  /// The units of each kind: the ranges of their indices, which lie side by side.
  private let kinds: [Range<Int>]
  private var probabilities: [KeepProbabilities]
  /// The moving mean of losses; nil before the first.
  private var baseline: Double?

  /// The most windows on which the answer is compared with the start.
  private static let mostCompared = 64

  init(_ search: PolicyGradient, _ task: SearchTask) {
    self.search = search
    self.task = task
    stepCount = search.work(in: task.space, windows: task.windows).steps ?? 1
    let compared = min(Self.mostCompared, task.windows)
    comparison = (0..<compared).map { $0 * task.windows / compared }
    let space = task.space
    var kinds: [Range<Int>] = []
    var probabilities: [KeepProbabilities] = []
    for kind in space.granularities {
      let parts = space.blocks.indices.filter { space.blocks[$0].granularity == kind }
      guard let first = parts.first, let last = parts.last else { continue }
      let units = space.ranges[first].lowerBound..<space.ranges[last].upperBound
      var kept = units.count
      if case .units(let gone) = space.goal { kept -= gone[kind] ?? 0 }
      kinds.append(units)
      probabilities.append(
        search.start == .sigmoid
          ? KeepProbabilities(scores: Array(task.scores[units]), kept: kept)
          : KeepProbabilities(count: units.count, kept: kept)
      )
    }
    self.kinds = kinds
    self.probabilities = probabilities
  }

  // MARK: Steps

  func proposals(ofStep step: Int, _ seed: RandomSeed) throws -> SearchProposals {
    let all = probabilities.flatMap(\.values)
    let generator = try Generator(seed: seed.derived("masks").value)
    let candidates = try (0..<search.draws).map { _ in
      let drawn = try generator.uniform([all.count], dtype: .float64).doubles()
      return zip(drawn, all).map { $0 < $1 }
    }
    return SearchProposals(candidates, on: try windows(ofStep: step))
  }

  /// The windows of a step: each once before any comes again, in an order that is drawn.
  private func windows(ofStep step: Int) throws -> [Int] {
    let batch = min(search.batch, task.windows)
    let batches = max(1, task.windows / batch)
    let seed = RandomSeed(search.seed).derived("order \(step / batches)")
    let order = try Generator(seed: seed.value).permutation(of: task.windows).integers()
    let start = step % batches * batch
    return Array(order[start..<start + batch])
  }

  func learn(_ losses: [Double], of proposals: SearchProposals, ofStep step: Int) throws {
    let known = zip(proposals.candidates, losses).filter { $0.1.isFinite }
    guard !known.isEmpty else { return }
    let mean = known.reduce(0) { $0 + $1.1 } / Double(known.count)
    let weight = 1 / Double(search.window)
    let baseline = (1 - weight) * (self.baseline ?? mean) + weight * mean
    self.baseline = baseline
    guard known.count > 1 else { return }
    let share = Double(step) / Double(stepCount)
    let rate = search.learningRate * (1 + cos(.pi * share)) / 2
    for (kind, units) in kinds.enumerated() {
      let masks = known.map { ($0[units], ($1 - baseline) / Double(known.count - 1)) }
      let gradient = probabilities[kind].gradient(of: masks, search.gradient)
      probabilities[kind].step(rate, along: gradient)
    }
  }

  /// The units with the highest probabilities; where these are equal, with the highest scores.
  func answer() throws -> [Bool] {
    let values = probabilities.flatMap(\.values)
    let order = values.indices.sorted {
      (values[$0], task.scores[$0], $0) < (values[$1], task.scores[$1], $1)
    }
    var ranks = [Double](repeating: 0, count: values.count)
    for (rank, unit) in order.enumerated() { ranks[unit] = Double(rank) }
    guard let kept = task.space.fitted(task.space.all, by: ranks) else {
      throw DataError("no choice of units meets the amount")
    }
    return kept
  }

  // MARK: Going on

  func state() throws -> [String: Tensor] {
    let values = try Tensor(probabilities.flatMap(\.values))
    // A loss is never NaN here, which stands for none.
    return ["probabilities": values, "baseline": try Tensor([baseline ?? .nan])]
  }

  func restore(_ state: [String: Tensor]) throws {
    guard let values = try state["probabilities"]?.doubles(), values.count == task.space.count,
      let baseline = try state["baseline"]?.scalar()
    else { throw DataError("the checkpoint holds the probabilities of another search") }
    for (kind, units) in kinds.enumerated() {
      probabilities[kind] = KeepProbabilities(
        Array(values[units]),
        kept: Int(probabilities[kind].kept)
      )
    }
    self.baseline = baseline.isNaN ? nil : baseline
  }
}
