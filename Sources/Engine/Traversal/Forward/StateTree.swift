import BillhookModels
import BillhookTorch

/// The hidden states of one set of tokens, stored by the blocks that were run to get them.
///
/// Two models with the same weights have the same states for as long as they run the same blocks.
/// So the sweep after a removal can reuse what an earlier one computed: everything before the
/// removed block, and on the candidate's path that is now the model's own, everything after it.
package final class StateTree {
  /// A point on a path through a model, after the blocks that lead to it.
  final class Node {
    /// The number of blocks that were run.
    let depth: Int
    /// The states, batch by batch; nil where they are unknown.
    var states: [Tensor]?
    fileprivate var next: [BlockRun: Node] = [:]

    fileprivate init(depth: Int) { self.depth = depth }
  }

  private let root = Node(depth: 0)
  /// States are kept after every `stride` blocks, which bounds the memory that they take.
  private var stride = 1

  /// Makes a tree without states.
  package init() {}

  /// The points before each block of a model and after the last one, on the path that gates leave
  /// open.
  func nodes(of model: LanguageModel, by gates: Gates) -> [Node] {
    var nodes = [root]
    for block in model.blocks {
      let node = nodes[nodes.count - 1]
      nodes.append(
        BlockRun(block, of: model, by: gates).map { run in
          let next = node.next[run] ?? Node(depth: node.depth + 1)
          node.next[run] = next
          return next
        } ?? node
      )
    }
    return nodes
  }

  /// Releases everything that is not on one of the given paths, and thins out the rest.
  ///
  /// - Parameters:
  ///   - paths: The points of each path.
  ///   - room: The number of points whose states fit into memory.
  func keepOnly(_ paths: [[Node]], room: Int) {
    let nodes = Set(paths.joined().map(ObjectIdentifier.init))
    stride = room < 1 ? .max : max(stride, (nodes.count + room - 1) / room)
    thin(root, to: nodes)
  }

  private func thin(_ node: Node, to nodes: Set<ObjectIdentifier>) {
    if !keeps(node) { node.states = nil }
    node.next = node.next.filter { nodes.contains(ObjectIdentifier($0.value)) }
    for next in node.next.values { thin(next, to: nodes) }
  }

  private func keeps(_ node: Node) -> Bool { node.depth.isMultiple(of: stride) }

  /// Keeps the states at a point, if it is one of those where states are kept.
  func keep(_ states: [Tensor], at node: Node) {
    if keeps(node) { node.states = states }
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
