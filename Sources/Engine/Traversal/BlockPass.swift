import BillhookModels
import BillhookTorch

/// What a pass forward keeps of each block until the way back.
package enum KeptOfBlocks {
  /// What enters a block, which is then computed a second time (activation checkpointing).
  case inputs
  /// Everything that gradients need.
  case activations
}

/// A block's weights, with those that gradients are wanted for as leaves.
struct TrackedWeights {
  /// The weights, with the leaves among them.
  let weights: LentWeights
  /// What gradients are wanted for, in an order of its owner's.
  let leaves: [Tensor]
}

/// One batch on its way through one block, recorded.
struct BlockPass {
  private let input: Tensor
  private let leaves: [Tensor]
  private let tracksInput: Bool
  /// The hidden states behind the block.
  let output: Tensor

  init(
    _ input: Tensor,
    tracksInput: Bool,
    _ tracked: TrackedWeights,
    _ run: (Tensor, LentWeights) throws -> Tensor
  ) throws {
    let input = tracksInput ? try input.tracked() : input
    self.input = input
    self.tracksInput = tracksInput
    leaves = tracked.leaves
    output = try withGradients { try run(input, tracked.weights) }
  }

  /// The gradients with respect to the input, where it is tracked, and to the leaves.
  func gradients(upstream: Tensor) throws -> (input: Tensor?, leaves: [Tensor]) {
    let sources = (tracksInput ? [input] : []) + leaves
    guard !sources.isEmpty else { return (nil, []) }
    let found = try output.gradients(of: sources, upstream: upstream)
    return tracksInput ? (found[0], Array(found.dropFirst())) : (nil, found)
  }
}
