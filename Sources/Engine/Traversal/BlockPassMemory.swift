import BillhookModels
import BillhookTorch

/// What a pass of some tokens through one block holds of memory, in bytes, worked out from shapes.
///
/// Scoring, measuring and training all count by it. Weights that are used as they lie in a mapped file
/// take none of the process's own memory.
package struct BlockPassMemory {
  /// The tokens of a pass, and what they are computed in.
  struct Tokens {
    /// How many there are.
    let count: Int
    /// How many stand in a window.
    let window: Int
    let dtype: DType
  }

  /// Hidden states of all tokens.
  let states: Int
  /// Inside the block without gradients, besides what enters it.
  let inside: Int
  /// What gradients need of the block until the way back, with what enters it.
  let kept: Int
  /// What the way back makes besides, the gradients of weights excepted.
  let wayBack: Int
  /// The weights where they are lent as copies.
  let weights: Int
  /// The numbers of weights of the block.
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
    // What enters a norm, turned queries and keys, values, what attention finds; what enters the
    // activation, what leaves it, and what that is multiplied by.
    let entering = has(.attentionNorm, hidden) + has(.mlpNorm, hidden)
    let found = 2 * queries + 2 * keys + 3 * width
    let norms =
      has(.queryNorm, queries) + has(.keyNorm, keys) + has(.attentionOutputNorm, hidden)
      + has(.mlpOutputNorm, hidden)
    let projected =
      keeps(.query, hidden) + keeps(.output, queries) + keeps(.gate, hidden) + keeps(.down, width)
    let size = tokens.dtype.byteCount
    let heads = attention?.queryHeads ?? 0
    // Where libtorch has no attention that does without all scores, they are held: bent, and as shares
    // in f32.
    let scores = attention?.softCap == nil ? 0 : heads *| tokens.window
    let long = DType.float32.byteCount
    let sums = scores == 0 ? long *| heads : scores *| (long + (size == long ? 1 : 2) *| size)
    func all(_ numbers: Int, and more: Int = 0) -> Int {
      tokens.count *| (size *| numbers +| more)
    }
    states = all(hidden)
    // Queries while they are turned; then the MLP's channels, before and after the activation, and
    // multiplied.
    inside = all(
      hidden + max(5 * queries + 2 * keys, hidden + 4 * width) +| 4 *| scores
    )
    kept = all(entering + found + norms + projected, and: sums)
    wayBack = all(3 * hidden + 3 * max(width, queries) +| 4 *| scores)
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

  /// What enters the projections that end its sub-layers, a token.
  var observedChannels: Int { queries + width }

  /// What somebody sees who looks at the block, besides what enters it.
  package enum Sight {
    /// Hidden states around its sub-layers.
    case states
    /// What enters projections.
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
