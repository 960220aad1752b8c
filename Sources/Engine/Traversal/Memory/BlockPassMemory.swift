import BillhookModels
import BillhookTorch

/// The memory that a pass of some tokens through one block holds, in bytes, computed from shapes.
///
/// Scoring, measuring and training all use it. Weights that are used in place in a mapped file take none
/// of the process's own memory.
package struct BlockPassMemory {
  /// The tokens of a pass, and the type of the arithmetic.
  struct Tokens {
    /// The number of tokens.
    let count: Int
    /// The number of tokens in a window.
    let window: Int
    let dtype: DType
  }

  /// The hidden states of all tokens.
  let states: Int
  /// The tensors inside the block without gradients, not counting its input.
  let inside: Int
  /// What gradients need of the block until the backward pass, its input included.
  let kept: Int
  /// What the backward pass holds in addition, not counting the gradients of weights.
  let backward: Int
  /// The weights, where they are lent as copies.
  let weights: Int
  /// The number of elements of the block's weights.
  let elements: Int

  private let hidden: Int
  private let queries: Int
  private let width: Int
  private let tokens: Tokens

  /// Counts the tensors of a block.
  ///
  /// - Parameters:
  ///   - block: The block.
  ///   - configuration: The model's.
  ///   - tokens: What runs through it.
  ///   - keeping: The projections whose inputs gradients need.
  ///   - weights: The bytes of its weights that are not used in place.
  init(
    _ block: BlockShape,
    of configuration: ModelConfiguration,
    _ tokens: Tokens,
    keeping: Set<WeightRole> = WeightRole.projections,
    weights: Int
  ) {
    let shapes = configuration.weights(of: block)
    let roles = Set(shapes.map(\.id.role))
    let attention = block.attention
    let hidden = configuration.hiddenSize
    let queries = attention.map { $0.queryHeads * $0.headSize } ?? 0
    let keys = attention.map { $0.keyValueHeads * $0.headSize } ?? 0
    let width = block.mlp?.width ?? 0
    let inputs = Set(keeping.intersection(roles).map(\.input))
    func has(_ role: WeightRole, _ numbers: Int) -> Int { roles.contains(role) ? numbers : 0 }
    func keeps(_ role: WeightRole, _ numbers: Int) -> Int { inputs.contains(role) ? numbers : 0 }
    // The inputs of norms; rotated queries and keys, values, and the output of attention; the input and
    // the output of the activation function, and what the output is multiplied by.
    let entering = has(.attentionNorm, hidden) + has(.mlpNorm, hidden)
    let isGated = block.mlp?.isGated ?? true
    let found = 2 * queries + 2 * keys + (isGated ? 3 : 2) * width
    let norms =
      has(.queryNorm, queries) + has(.keyNorm, keys) + has(.attentionOutputNorm, hidden)
      + has(.mlpOutputNorm, hidden)
    let projected =
      keeps(.query, hidden) + keeps(.output, queries) + keeps(.gate, hidden) + keeps(.down, width)
    let size = tokens.dtype.byteCount
    let heads = attention?.queryHeads ?? 0
    // Where libtorch has no fused attention, all scores are held: with their soft cap, and as
    // probabilities in f32.
    let scores = attention?.softCap == nil ? 0 : heads *| tokens.window
    let long = DType.float32.byteCount
    let sums = scores == 0 ? long *| heads : scores *| (long + (size == long ? 1 : 2) *| size)
    func all(_ numbers: Int, and more: Int = 0) -> Int {
      tokens.count *| (size *| numbers +| more)
    }
    states = all(hidden)
    // Queries while they are rotated; then the MLP's channels, before and after the activation, and
    // multiplied.
    inside = all(
      hidden + max(5 * queries + 2 * keys, hidden + (isGated ? 4 : 3) * width) +| 4 *| scores
    )
    kept = all(entering + found + norms + projected, and: sums)
    backward = all(3 * hidden + 3 * max(width, queries) +| 4 *| scores)
    self.weights = weights
    elements = shapes.reduce(0) { $0 + $1.shape.reduce(1, *) }
    self.hidden = hidden
    self.queries = queries
    self.width = width
    self.tokens = tokens
  }

  /// Whether its tensors come from the C library's heap, which keeps freed memory for the next ones
  /// (`Runtime.keepFreedMemory`); larger ones are given back at once.
  var isInHeap: Bool {
    tokens.count *| (tokens.dtype.byteCount * max(hidden, queries, width)) < 32 << 20
  }

  /// The inputs of the projections that end its sub-layers: channels for each token.
  var observedChannels: Int { queries + width }

  /// What a visitor of the block is shown in addition to its input.
  package enum Sight {
    /// The hidden states before and after its sub-layers.
    case states
    /// The inputs of projections.
    case inputs
  }

  /// Inside the block with the inputs of projections held until they are looked at: statistics are made
  /// in f64, with two more values for each of what is looked at.
  func observed(_ sight: Sight) -> Int {
    let size = tokens.dtype.byteCount
    let widest = sight == .states ? hidden : max(queries, width)
    let statistics = tokens.count *| (3 * DType.float64.byteCount * widest)
    let held = inside +| tokens.count *| (size * (hidden + queries))
    // What the heap keeps of freed tensors has no room for those in f64.
    if isInHeap { return held +| statistics }
    // All that is shown, and the states between attention and MLP and after it.
    let shown = tokens.count *| (size * (4 * hidden + queries + width))
    return max(held, shown +| statistics)
  }
}
