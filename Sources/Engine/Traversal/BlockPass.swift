import BillhookModels
import BillhookTorch

/// What a forward pass keeps of each block for the backward pass.
package enum KeptOfBlocks {
  /// The input of a block, which is then computed a second time (activation checkpointing).
  case inputs
  /// Everything that gradients need.
  case activations
}

/// A block's weights, with those that gradients are wanted for as leaf tensors.
struct TrackedWeights {
  /// The weights, with the leaf tensors among them.
  let weights: LentWeights
  /// The leaf tensors that gradients are wanted for, in the caller's order.
  let leaves: [Tensor]
}

/// The recorded computation of one batch through one block.
struct BlockPass {
  private let input: Tensor
  private let leaves: [Tensor]
  private let tracksInput: Bool
  /// The hidden states after the block.
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
