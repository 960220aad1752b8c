import BillhookModels
import BillhookTorch

/// The paths of several candidates through one model, which diverge where their gates differ.
struct Paths {
  /// One path, taken by one or several candidates.
  fileprivate struct Path {
    let gates: Gates
    var candidates: [Int]
    /// The index of the block from which on the path is computed, because it diverges from the
    /// model's own path there, or its states are known; nil while it equals the model's own.
    var start: Int?
    /// The points that it passes, before each block and after the last one.
    var nodes: [StateTree.Node] = []
    /// The hidden states, batch by batch; empty while the path is not computed.
    var states: [Tensor] = []

    /// The last point with known states, up to the point before a block.
    func known(upTo place: Int) -> Int? {
      nodes.prefix(place + 1).lastIndex { $0.states != nil }
    }
  }

  /// All paths, the model's own first.
  fileprivate var paths: [Path]
  /// The indices of the blocks that the model's own path is computed through.
  private var followed: Set<Int> = []
  /// The indices of further blocks that it is computed through only for its own loss.
  private var followedForItself: Set<Int> = []
  private let model: LanguageModel
  /// The numbers of the blocks, by index.
  private let numbers: [Int]
  private let tree: StateTree?

  /// Makes paths that are shared until their gates differ.
  ///
  /// - Parameters:
  ///   - candidates: The gates of each candidate.
  ///   - model: The model.
  ///   - states: The hidden states before the first block, batch by batch.
  ///   - ownIsWatched: Whether the model's own path is computed to its end in any case.
  ///   - ownIsMeasured: Whether it is computed to its end for its own loss, in addition to the
  ///     candidates.
  ///   - tree: The states known from earlier sweeps, where states for later ones are kept.
  ///   - room: The number of points whose states fit into memory.
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
        paths[index].nodes = tree.nodes(of: model, by: paths[index].gates)
      }
      tree.keepOnly(paths.map(\.nodes), room: room)
    }
    follow(toItsEnd: ownIsWatched)
    if ownIsMeasured {
      let start = paths[0].known(upTo: numbers.count) ?? 0
      followedForItself = Set(start..<numbers.count).subtracting(followed)
    }
  }

  /// Determines where each path begins, and how far the model's own is needed.
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

  /// Marks the model's own path to be computed up to a block.
  private mutating func followOwn(to place: Int) {
    followed.formUnion((paths[0].known(upTo: place) ?? 0)..<place)
  }

  /// The hidden states of the model's own path.
  var own: [Tensor] { paths[0].states }

  /// The number of paths that each block is run for.
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

  /// Starts the paths that begin before a block, or after the last one.
  mutating func enter(_ place: Int) {
    if let known = paths[0].nodes.isEmpty ? nil : paths[0].nodes[place].states {
      paths[0].states = known
    }
    for index in paths.indices where paths[index].start == place {
      let known = paths[index].nodes.isEmpty ? nil : paths[index].nodes[place].states
      paths[index].states = known ?? paths[0].states
    }
    // The model's own path is not needed from here on.
    if place < numbers.count, !followed.contains(place), !followedForItself.contains(place) {
      paths[0].states = []
    }
  }

  /// The paths that a block is run for, grouped by what is switched off in the block.
  func underWay(in block: BlockShape) -> [(ClosedParts, [Int])] {
    let number = block.sourceIndex
    var groups: [(closed: ClosedParts, paths: [Int])] = []
    // Rows of a joined batch may be rounded differently; kept apart, the model's own path changes
    // no candidate's loss.
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

  /// The hidden states of one batch on a path that is being computed.
  func states(of path: Int, _ batch: Int) -> Tensor { paths[path].states[batch] }

  /// Replaces the input of a block by its output.
  mutating func put(_ states: Tensor, of path: Int, _ batch: Int) {
    paths[path].states[batch] = states
  }

  /// Keeps the output of a block for later sweeps.
  func leave(_ place: Int) {
    guard let tree else { return }
    for path in paths where !path.states.isEmpty {
      tree.keep(path.states, at: path.nodes[place + 1])
    }
  }

  /// The final hidden states of each path, with the candidates that took it.
  var ends: [(states: [Tensor], candidates: [Int])] {
    paths.filter { !$0.candidates.isEmpty }.map {
      ($0.start == nil ? own : $0.states, $0.candidates)
    }
  }
}

// MARK: Going on

extension Paths {
  /// Whether a path begins with states that are known from an earlier sweep.
  var areKnown: Bool {
    paths.contains { path in path.nodes.contains { $0.states != nil } }
  }

  /// The hidden states of each path, as a checkpoint stores them.
  var named: [String: Tensor] {
    paths.enumerated().reduce(into: [:]) { named, path in
      named.merge(path.element.states.named("path \(path.offset)")) { $1 }
    }
  }

  /// Whether the states in a checkpoint are those of these paths, in the shapes of a sample.
  func fits(_ tensors: [String: Tensor], like sample: [Tensor]) -> Bool {
    let known = paths.indices.map { sample.likes(named: "path \($0)", in: tensors) }
    let count = known.reduce(0) { $0 + ($1?.count ?? 0) }
    return count == tensors.keys.count { $0.hasPrefix("path ") }
  }

  /// Restores the states of each path.
  mutating func restore(
    _ tensors: [String: Tensor],
    keptBy keep: (Tensor) throws -> Tensor
  ) throws {
    let sample = own
    for index in paths.indices {
      paths[index].states = try (sample.likes(named: "path \(index)", in: tensors) ?? []).map(keep)
    }
  }
}
