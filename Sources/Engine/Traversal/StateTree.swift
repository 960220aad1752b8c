import BillhookModels
import BillhookTorch

/// The hidden states of one set of tokens, stored by the blocks that were run to get them.
///
/// Two models with the same weights have the same states for as long as they run the same blocks.
/// So the sweep after a removal can reuse what an earlier one computed: everything before the
/// removed block, and on the candidate's path that is now the model's own, everything after it.
package final class StateTree {
  /// A point on a path through a model, after the blocks that lead to it.
  final class Place {
    /// The number of blocks that were run.
    let depth: Int
    /// The states, batch by batch; nil where they are unknown.
    var states: [Tensor]?
    fileprivate var next: [BlockRun: Place] = [:]

    fileprivate init(depth: Int) { self.depth = depth }
  }

  private let root = Place(depth: 0)
  /// States are kept after every `stride` blocks, which bounds the memory that they take.
  private var stride = 1

  /// Makes a tree without states.
  package init() {}

  /// The points before each block of a model and after the last one, on the path that gates leave
  /// open.
  func places(of model: LanguageModel, by gates: Gates) -> [Place] {
    var places = [root]
    for block in model.blocks {
      let place = places[places.count - 1]
      places.append(
        BlockRun(block, of: model, by: gates).map { run in
          let next = place.next[run] ?? Place(depth: place.depth + 1)
          place.next[run] = next
          return next
        } ?? place
      )
    }
    return places
  }

  /// Releases everything that is not on one of the given paths, and thins out the rest.
  ///
  /// - Parameters:
  ///   - ways: The points of each path.
  ///   - room: The number of points whose states fit into memory.
  func keepOnly(_ ways: [[Place]], room: Int) {
    let places = Set(ways.joined().map(ObjectIdentifier.init))
    stride = room < 1 ? .max : max(stride, (places.count + room - 1) / room)
    thin(root, to: places)
  }

  private func thin(_ place: Place, to places: Set<ObjectIdentifier>) {
    if !keeps(place) { place.states = nil }
    place.next = place.next.filter { places.contains(ObjectIdentifier($0.value)) }
    for next in place.next.values { thin(next, to: places) }
  }

  private func keeps(_ place: Place) -> Bool { place.depth.isMultiple(of: stride) }

  /// Keeps the states at a point, if it is one of those where states are kept.
  func keep(_ states: [Tensor], at place: Place) {
    if keeps(place) { place.states = states }
  }
}

/// What is run of one block; a part that passes its input on unchanged is not run.
private struct BlockRun: Hashable {
  private let number: Int
  private let hasAttention: Bool
  private let hasMLP: Bool
  /// A block with heads removed differs from one with the same heads closed: sums are rounded
  /// differently.
  private let remainder: BlockRemainder?
  private let closed: ClosedParts

  init?(_ block: BlockShape, of model: LanguageModel, by gates: Gates) {
    number = block.sourceIndex
    var closed = model.closedParts(of: block, by: gates)
    hasAttention = block.attention != nil && !closed.attention
    hasMLP = block.mlp != nil && !closed.mlp
    guard !gates.closedBlocks.contains(number), hasAttention || hasMLP else { return nil }
    // A sub-layer that was removed is skipped just like one that is closed.
    closed.attention = false
    closed.mlp = false
    self.closed = closed
    remainder = model.remainder(ofBlock: number)
  }
}
