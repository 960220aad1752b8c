import BillhookModels
import BillhookTorch

/// The ways of several candidates through one model, which part where their gates do.
struct Paths {
  /// One way, taken by one or several candidates.
  fileprivate struct Path {
    let gates: Gates
    var candidates: [Int]
    /// The place of the block from which on it is followed, because it leaves the model's own way
    /// there, or its states are known; nil for as long as the model's own.
    var start: Int?
    /// The places that it leads to, in front of each block and behind the last one.
    var places: [StateTree.Place] = []
    /// The hidden states, batch by batch; none as long as nobody follows it.
    var states: [Tensor] = []

    /// The last place with known states, not behind a block.
    func known(upTo place: Int) -> Int? {
      places.prefix(place + 1).lastIndex { $0.states != nil }
    }
  }

  /// The first is the model's own.
  fileprivate var paths: [Path]
  /// The places of the blocks that the model's own way is followed through.
  private var followed: Set<Int> = []
  /// The places beyond those, that it is followed through for its own loss.
  private var followedForItself: Set<Int> = []
  private let model: LanguageModel
  /// The numbers of the blocks, place by place.
  private let numbers: [Int]
  private let tree: StateTree?

  /// Ways that are one until their gates differ.
  ///
  /// - Parameters:
  ///   - candidates: The gates of each candidate.
  ///   - model: The model.
  ///   - states: The hidden states in front of the first block, batch by batch.
  ///   - ownIsWatched: Whether the model's own way is followed to its end in any case.
  ///   - ownIsMeasured: Whether it is followed to its end for its own loss, beside the candidates.
  ///   - tree: Where states are known from earlier sweeps, and kept for later ones.
  ///   - room: The number of places whose states there is memory for.
  init(
    _ candidates: [Gates],
    from model: LanguageModel,
    states: [Tensor],
    ownIsWatched: Bool = false,
    ownIsMeasured: Bool = false,
    tree: StateTree? = nil,
    room: Int = 0
  ) {
    self.model = model
    self.tree = tree
    numbers = model.blocks.map(\.sourceIndex)
    paths = [Path(gates: model.gates, candidates: [], states: states)]
    for (index, gates) in candidates.enumerated() {
      if let same = paths.firstIndex(where: { $0.gates == gates }) {
        paths[same].candidates.append(index)
      } else {
        paths.append(Path(gates: gates, candidates: [index]))
      }
    }
    if let tree {
      for index in paths.indices {
        paths[index].places = tree.places(of: model, by: paths[index].gates)
      }
      tree.keepOnly(paths.map(\.places), room: room)
    }
    follow(toItsEnd: ownIsWatched)
    if ownIsMeasured {
      let start = paths[0].known(upTo: numbers.count) ?? 0
      followedForItself = Set(start..<numbers.count).subtracting(followed)
    }
  }

  /// Finds out where each way begins, and how far the model's own is needed.
  private mutating func follow(toItsEnd ownIsWatched: Bool) {
    for index in paths.indices.dropFirst() {
      let gates = paths[index].gates
      let parting = numbers.firstIndex { gates.differs(from: model.gates, at: $0) }
      guard let parting else { continue }
      if let known = paths[index].known(upTo: numbers.count), known > parting {
        paths[index].start = known
      } else {
        paths[index].start = parting
        followOwn(to: parting)
      }
    }
    let isAnswer = paths.contains { $0.start == nil && !$0.candidates.isEmpty }
    if ownIsWatched || isAnswer { followOwn(to: numbers.count) }
  }

  /// Lets the model's own way be followed to the place of a block.
  private mutating func followOwn(to place: Int) {
    followed.formUnion((paths[0].known(upTo: place) ?? 0)..<place)
  }

  /// The hidden states of the model's own way.
  var own: [Tensor] { paths[0].states }

  /// The number of ways that each block is run for.
  var work: [Int] {
    numbers.enumerated().map { place, number in
      let parted = paths.filter { path in
        guard let start = path.start else { return false }
        return start <= place && !path.gates.closedBlocks.contains(number)
      }
      let isFollowed = followed.contains(place) || followedForItself.contains(place)
      let isOwn = isFollowed && !model.gates.closedBlocks.contains(number)
      return parted.count + (isOwn ? 1 : 0)
    }
  }

  /// Lets those begin that do so at the place of a block, or behind the last one.
  mutating func enter(_ place: Int) {
    if let known = paths[0].places.isEmpty ? nil : paths[0].places[place].states {
      paths[0].states = known
    }
    for index in paths.indices where paths[index].start == place {
      let known = paths[index].places.isEmpty ? nil : paths[index].places[place].states
      paths[index].states = known ?? paths[0].states
    }
    // Nobody looks at what the model's own way leads to.
    if place < numbers.count, !followed.contains(place), !followedForItself.contains(place) {
      paths[0].states = []
    }
  }

  /// The ways that a block is run for, those together that it works alike for.
  func underWay(in block: BlockShape) -> [(ClosedParts, [Int])] {
    let number = block.sourceIndex
    var groups: [(closed: ClosedParts, paths: [Int])] = []
    // Joined rows may be rounded otherwise: no candidate's loss depends on whether the model's own
    // is asked for.
    let isForItself = numbers.firstIndex(of: number).map(followedForItself.contains) == true
    var alone: [(ClosedParts, [Int])] = []
    for index in paths.indices where !paths[index].states.isEmpty {
      let gates = paths[index].gates
      guard !gates.closedBlocks.contains(number) else { continue }
      let closed = model.closedParts(of: block, by: gates)
      if index == 0, isForItself {
        alone = [(closed, [index])]
      } else if let same = groups.firstIndex(where: { $0.closed == closed }) {
        groups[same].paths.append(index)
      } else {
        groups.append((closed, [index]))
      }
    }
    return alone + groups
  }

  /// The hidden states of one batch on a way that is under way.
  func states(of path: Int, _ batch: Int) -> Tensor { paths[path].states[batch] }

  /// Puts what came out of a block in the place of what entered.
  mutating func put(_ states: Tensor, of path: Int, _ batch: Int) {
    paths[path].states[batch] = states
  }

  /// Keeps what came out of the block at a place, for later sweeps.
  func leave(_ place: Int) {
    guard let tree else { return }
    for path in paths where !path.states.isEmpty {
      tree.keep(path.states, at: path.places[place + 1])
    }
  }

  /// Where the ways of candidates ended, with the candidates that took each.
  var ends: [(states: [Tensor], candidates: [Int])] {
    paths.filter { !$0.candidates.isEmpty }.map {
      ($0.start == nil ? own : $0.states, $0.candidates)
    }
  }
}

// MARK: Going on

extension Paths {
  /// Whether a way begins with states that are known from an earlier sweep.
  var areKnown: Bool {
    paths.contains { path in path.places.contains { $0.states != nil } }
  }

  /// The hidden states of each way that is under way, as a checkpoint has them.
  var named: [String: Tensor] {
    paths.enumerated().reduce(into: [:]) { named, path in
      named.merge(path.element.states.named("way \(path.offset)")) { $1 }
    }
  }

  /// Whether a checkpoint has states of these ways, each like some of one way.
  func fits(_ tensors: [String: Tensor], like sample: [Tensor]) -> Bool {
    let known = paths.indices.map { sample.likes(named: "way \($0)", in: tensors) }
    let count = known.reduce(0) { $0 + ($1?.count ?? 0) }
    return count == tensors.keys.count { $0.hasPrefix("way ") }
  }

  /// Puts the states of each way where they were.
  mutating func restore(
    _ tensors: [String: Tensor],
    keptBy keep: (Tensor) throws -> Tensor
  ) throws {
    let sample = own
    for index in paths.indices {
      paths[index].states = try (sample.likes(named: "way \(index)", in: tensors) ?? []).map(keep)
    }
  }
}
