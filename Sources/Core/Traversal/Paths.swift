import BillhookModels
import BillhookTorch

/// The ways of several candidates through one model, which part where their gates do.
struct Paths {
  /// One way, taken by one or several candidates.
  private struct Path {
    let gates: Gates
    var candidates: [Int]
    /// The block at which it leaves the model's own way; nil for never.
    let parting: Int?
    /// The hidden states, batch by batch; none as long as they are those of the model's own way.
    var states: [Tensor] = []
  }

  /// The first is the model's own.
  private var paths: [Path]
  /// The blocks that the model's own way is followed through.
  private let followed: Set<Int>
  private let model: LanguageModel

  /// Ways that are one until their gates differ.
  ///
  /// - Parameters:
  ///   - candidates: The gates of each candidate.
  ///   - model: The model.
  ///   - states: The hidden states in front of the first block, batch by batch.
  ///   - ownIsWatched: Whether the model's own way is followed to its end in any case.
  init(
    _ candidates: [Gates],
    from model: LanguageModel,
    states: [Tensor],
    ownIsWatched: Bool
  ) {
    self.model = model
    let numbers = model.blocks.map(\.sourceIndex)
    paths = [Path(gates: model.gates, candidates: [], parting: nil, states: states)]
    for (index, gates) in candidates.enumerated() {
      if let same = paths.firstIndex(where: { $0.gates == gates }) {
        paths[same].candidates.append(index)
      } else {
        let parting = numbers.first { gates.differs(from: model.gates, at: $0) }
        paths.append(Path(gates: gates, candidates: [index], parting: parting))
      }
    }
    let isFollowedToItsEnd =
      ownIsWatched || paths.contains { $0.parting == nil && !$0.candidates.isEmpty }
    let last = paths.compactMap { path in path.parting.flatMap(numbers.firstIndex(of:)) }.max()
    followed = Set(isFollowedToItsEnd ? numbers[...] : numbers.prefix(last ?? 0))
  }

  /// The hidden states of the model's own way.
  var own: [Tensor] { paths[0].states }

  /// The number of ways that a block is run for.
  func count(at block: Int) -> Int {
    let numbers = model.blocks.map(\.sourceIndex)
    guard let place = numbers.firstIndex(of: block) else { return 0 }
    let parted = paths.filter { path in
      guard let parting = path.parting else { return false }
      return !path.gates.closedBlocks.contains(block)
        && numbers.prefix(through: place).contains(parting)
    }
    return parted.count + (isFollowed(at: block) ? 1 : 0)
  }

  private func isFollowed(at block: Int) -> Bool {
    followed.contains(block) && !model.gates.closedBlocks.contains(block)
  }

  /// Lets those part that do so at a block.
  mutating func enter(_ block: Int) {
    for index in paths.indices where paths[index].parting == block {
      paths[index].states = paths[0].states
    }
    // Nobody looks at what the model's own way leads to.
    if !followed.contains(block) { paths[0].states = [] }
  }

  /// The ways that a block is run for, those together that it works alike for.
  func underWay(in block: BlockShape) -> [(ClosedParts, [Int])] {
    let number = block.sourceIndex
    var groups: [(closed: ClosedParts, paths: [Int])] = []
    for index in paths.indices where !paths[index].states.isEmpty {
      let gates = paths[index].gates
      guard !gates.closedBlocks.contains(number) else { continue }
      let closed = model.closedParts(of: block, by: gates)
      if let same = groups.firstIndex(where: { $0.closed == closed }) {
        groups[same].paths.append(index)
      } else {
        groups.append((closed, [index]))
      }
    }
    return groups
  }

  /// The hidden states of one batch on a way that is under way.
  func states(of path: Int, _ batch: Int) -> Tensor { paths[path].states[batch] }

  /// Puts what came out of a block in the place of what entered.
  mutating func put(_ states: Tensor, of path: Int, _ batch: Int) {
    paths[path].states[batch] = states
  }

  /// Where the ways of candidates ended, with the candidates that took each.
  var ends: [(states: [Tensor], candidates: [Int])] {
    paths.filter { !$0.candidates.isEmpty }.map {
      ($0.states.isEmpty ? own : $0.states, $0.candidates)
    }
  }
}
