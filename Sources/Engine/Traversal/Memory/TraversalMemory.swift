package import BillhookModels
import BillhookTorch

/// The peak memory of each form of a traversal, in bytes, computed from the shapes of a model's blocks
/// (`PassMemory`).
///
/// Weights count where they are not used in place. Not counted: the program with libtorch, texts, and
/// token ids. A count that no `Int` holds is the largest `Int`. `Scripts/measure_memory.py` compares the
/// estimates with measured peaks.
package struct TraversalMemory {
  package let model: LanguageModel
  private let dtype: DType
  private let device: Device
  private let limit: Int?

  /// How many tokens there are, and how many in a window; nil for what only the data tells.
  package struct Load {
    package var tokens: Int?
    package var window: Int?

    package init(tokens: Int? = nil, window: Int? = nil) {
      self.tokens = tokens
      self.window = window
    }
  }

  package init(_ model: LanguageModel, _ context: RunContext) {
    self.init(model, dtype: context.dtype, device: context.device, limit: context.memory)
  }

  /// The memory of traversals, within a limit for those that choose between methods; nil for none.
  init(_ model: LanguageModel, dtype: DType, device: Device, limit: Int? = nil) {
    self.model = model
    self.dtype = dtype
    self.device = device
    self.limit = limit
  }

  // MARK: The forms

  /// `weights`: a block where it is a copy, a value in f32 for each of its weights, and two more for
  /// those of one matrix.
  package func weights() throws -> Int {
    let pass = try pass(1, 1)
    return pass.most { $0.weights + $0.elements * DType.float32.byteCount } + 2 * pass.largestMatrix
  }

  /// `forward`: the hidden states of all candidates and of the model itself, and the tensors of one
  /// batch inside a block.
  ///
  /// - Parameters:
  ///   - load: The tokens.
  ///   - candidates: The number of candidates that are run together; 0 for the model alone.
  ///   - strategy: Where hidden states are kept.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func forward(_ load: Load, candidates: Int = 0, _ strategy: TraversalStrategy = .inMemory)
    throws -> Int
  {
    let pass = try pass(load)
    let waiting = strategy.statesWaitOnDisk ? 0 : hidden(load) *| (candidates +| 1)
    let block = pass.most { $0.weights +| 2 *| $0.states +| $0.inside }
    // What the heap keeps of freed tensors has no room for logits.
    let exit = pass.exit(.loss)
    return waiting +| (pass.isInHeap ? block +| exit : max(block, exit))
  }

  /// `backward`: the input of each block is kept, or all that gradients need; in the backward pass a
  /// block's gradients are held as they are computed, scaled, and added up.
  ///
  /// - Parameters:
  ///   - load: The tokens; without their number the result is what a single batch needs.
  ///   - onePerBatch: Whether each sample is a batch of its own.
  ///   - strategy: What is kept, and where.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func backward(_ load: Load, onePerBatch: Bool, _ strategy: TraversalStrategy) throws
    -> Int
  {
    let batch = try pass(load, onePerBatch: onePerBatch)
    let tokens = load.tokens ?? batch.tokens
    let later = min(batch.tokens, max(0, tokens - batch.tokens))
    let waiting = strategy.statesWaitOnDisk ? batch.states : hidden(load)
    // As they are computed; added up in f32, where there is more than one batch or a conversion; and
    // what is computed from one of them at a time.
    let isAddedUp = later > 0 || dtype != .float32
    let found = batch.most { $0.elements * dtype.byteCount }
    let sums = isAddedUp ? batch.most { $0.elements * DType.float32.byteCount } : 0
    let gradients = found + sums + 3 * batch.largestMatrix
    switch strategy.keeping {
    case .activations:
      let all = try pass(tokens, batch.window)
      let kept = all.sum { $0.kept +| $0.weights } +| waiting
      let block = all.most(\.kept)
      return kept
        +| max(batch.exit(.gradients), batch.most(\.backward), max(0, gradients - block))
    case .inputs:
      let kept = strategy.statesWaitOnDisk ? 0 : waiting *| model.blocks.count
      // The graph of a batch is freed as its gradients are computed; from the second batch on the sums
      // are held in addition.
      let graph = batch.most { $0.kept +| $0.backward }
      let second = try later == 0 ? 0 : pass(later, batch.window).most { $0.kept +| $0.backward }
      let block = batch.weights +| max(graph, second +| sums, gradients)
      return kept +| waiting +| max(batch.exit(.gradients), block)
    }
  }

  /// `sequential`: the hidden states, the tensors of one batch inside a block with all that is shown of
  /// them, and what is computed from those.
  ///
  /// - Parameters:
  ///   - load: The tokens.
  ///   - order: What is changed before the next is shown; unless that is nothing, the states before and
  ///     after a block are both held.
  ///   - sight: What the visitor is shown.
  ///   - other: A second model, the same block of which is lent as well.
  ///   - strategy: Where hidden states are kept.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the models' weights cannot be looked at.
  package func sequential(
    _ load: Load,
    order: SequentialOrder = .none,
    seeing sight: BlockPassMemory.Sight = .inputs,
    beside other: LanguageModel? = nil,
    _ strategy: TraversalStrategy = .inMemory
  ) throws -> Int {
    let pass = try pass(load)
    let waiting = strategy.statesWaitOnDisk ? 0 : hidden(load) *| (order == .none ? 1 : 2)
    let block = pass.most { $0.weights +| 2 *| $0.states +| $0.observed(sight) }
    // The inputs of the second block's projections are held in addition to those of this one.
    let twin = try other.map { other in
      try TraversalMemory(other, dtype: dtype, device: device).pass(load)
        .most { $0.weights +| $0.observed(sight) }
    }
    // Changed weights, in f32 and as they are stored.
    let changes = order == .none ? 0 : pass.most { 2 * $0.elements * DType.float32.byteCount }
    return waiting +| block +| (twin ?? 0) +| changes
  }

  /// `sequential` by modules beside the same model: a copy of the masked block, and the gradients of one
  /// sub-layer of the second for a window at a time, as they are computed, squared, and added up; after
  /// the last window the sums, and what is compared by them.
  ///
  /// - Parameters:
  ///   - load: The tokens.
  ///   - comparing: The bytes that comparing takes beside the sums.
  ///   - changesWeights: Whether weights are adjusted as well.
  ///   - strategy: Where hidden states are kept.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func refining(
    _ load: Load,
    comparing: Int,
    changesWeights: Bool,
    _ strategy: TraversalStrategy
  ) throws -> Int {
    let window = try pass(load, onePerBatch: true)
    let elements = model.blocks.flatMap { block in
      let own = model.configuration.weights(of: block)
      return [true, false].map { isAttention in
        own.filter { $0.id.role.isOfAttention == isAttention }
          .reduce(0) { $0 + $1.shape.reduce(1, *) }
      }
    }
    let (module, long) = (elements.max() ?? 0, DType.float32.byteCount)
    let measuring =
      window.most { $0.kept +| $0.backward } +| (dtype.byteCount + 2 * long) * module
    let copies = window.most { $0.elements * (dtype.byteCount + (changesWeights ? 2 * long : 0)) }
    let second = strategy.statesWaitOnDisk ? 0 : hidden(load)
    return try sequential(load, beside: model, strategy) +| second +| copies
      +| max(measuring, long * module +| comparing)
  }

  /// Saving: weights one at a time, then the logits of a few tokens in f32.
  ///
  /// To look for values that are not finite, libtorch makes absolute values and three masks of a weight.
  package func saving() throws -> Int {
    let pass = try TraversalMemory(model, dtype: .float32, device: device).pass(16, 16)
    let largest = try model.configuration.allWeights.map { weight in
      weight.shape.reduce(try model.weights.storedType(weight.id).byteCount + 3, *)
    }
    return max(largest.max() ?? 0, pass.weights, pass.exit(.loss))
  }

  // MARK: Strategies

  /// Where `forward` keeps hidden states.
  package func forwardStrategy(_ load: Load, candidates: Int) throws -> TraversalStrategy {
    var strategy = TraversalStrategy.inMemory
    strategy.statesWaitOnDisk = try !fits(forward(load, candidates: candidates, strategy))
    return strategy
  }

  /// How many of several candidates `forward` can run together without putting hidden states on disk;
  /// one at least.
  package func candidatesAtOnce(_ load: Load, of count: Int) throws -> Int {
    var (low, high) = (1, max(1, count))
    while low < high {
      let middle = (low + high + 1) / 2
      if try fits(forward(load, candidates: middle)) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// The most tokens of windows of at most this length whose hidden states `forward` can hold at once.
  package func tokensInMemory(window: Int) throws -> Int {
    var (low, high) = (batch(of: window), max(batch(of: window), Self.mostTokens))
    while low < high {
      let middle = (low + high + 1) / 2
      let load = Load(tokens: middle, window: window)
      if try fits(forward(load, candidates: 0)) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Of more tokens at once, blocks would hardly be lent more rarely for the work that is done with them.
  private static let mostTokens = 1 << 18

  /// What `backward` keeps, and where.
  package func backwardStrategy(_ load: Load, onePerBatch: Bool) throws -> TraversalStrategy {
    var strategy = TraversalStrategy.inMemory
    strategy.keeping = .activations
    if try limit != nil && fits(backward(load, onePerBatch: onePerBatch, strategy)) {
      return strategy
    }
    strategy.keeping = .inputs
    strategy.statesWaitOnDisk = try !fits(backward(load, onePerBatch: onePerBatch, strategy))
    return strategy
  }

  /// Where `sequential` keeps hidden states, whatever the visitor is shown.
  package func sequentialStrategy(
    _ load: Load,
    order: SequentialOrder = .none,
    beside other: LanguageModel? = nil
  ) throws -> TraversalStrategy {
    var strategy = TraversalStrategy.inMemory
    strategy.statesWaitOnDisk = try !fits(sequential(load, order: order, beside: other, strategy))
    return strategy
  }

  /// The number of points whose states `forward` may keep for later sweeps over the same tokens.
  func nodesToKeep(_ load: Load, candidates: Int, _ strategy: TraversalStrategy) throws -> Int {
    guard let limit, !strategy.statesWaitOnDisk, let tokens = load.tokens, tokens > 0 else {
      return 0
    }
    let free =
      try max(0, limit - program) / 5 * 4 - forward(load, candidates: candidates, strategy)
    return max(0, free / hidden(load))
  }

  /// What `forward` keeps for later sweeps, in bytes: on average candidates diverge from the model
  /// halfway through its blocks.
  package func kept(_ load: Load, candidates: Int, _ strategy: TraversalStrategy) throws -> Int {
    let nodes = (candidates + 1) * model.blocks.count / 2
    let room = try nodesToKeep(load, candidates: candidates, strategy)
    return min(nodes, room) *| known(load)
  }

  // MARK: Disk

  /// The bytes that `forward` puts on disk: hidden states where they are kept there, and the states that
  /// it writes to resume from, old and new ones at once.
  package func onDisk(_ load: Load, candidates: Int, isResumed: Bool = true) throws -> Int {
    let waits = try forwardStrategy(load, candidates: candidates).statesWaitOnDisk
    let waiting = waits ? candidates +| 2 : 0
    let resumed = isResumed ? 2 *| (candidates +| 1) : 0
    return known(load) *| (waiting +| resumed)
  }

  /// The same for `backward`: gradients of hidden states, and the sums of the current block.
  package func onDisk(_ load: Load, onePerBatch: Bool) throws -> Int {
    let waits = try backwardStrategy(load, onePerBatch: onePerBatch).statesWaitOnDisk
    let sums = try pass(load).most { $0.elements * DType.float32.byteCount }
    return known(load) *| (waits ? model.blocks.count + 2 : 0) +| 2 *| (known(load) +| sums)
  }

  /// The same for a `sequential` pass that changes nothing: hidden states, and the mean and variance, in
  /// f64, of the inputs of each projection that ends a sub-layer.
  package func onDiskOfSequential(_ load: Load) throws -> Int {
    let waits = try sequentialStrategy(load).statesWaitOnDisk
    let moments = try pass(load).sum { 2 * DType.float64.byteCount * $0.observedChannels }
    return known(load) *| (waits ? 2 : 0) +| 2 *| (known(load) +| moments)
  }

  /// The hidden states of all tokens; none where only the data tells how many there are.
  private func known(_ load: Load) -> Int { load.tokens == nil ? 0 : hidden(load) }

  private func fits(_ bytes: Int) -> Bool {
    guard let limit else { return true }
    // The heap of the C library is fragmented, and so is what libtorch holds of another device's memory.
    return bytes / 4 *| 5 +| program <= limit
  }

  /// What the program with libtorch takes of anonymous memory before it computes anything; other devices
  /// hold none of it.
  private var program: Int { device == .cpu ? Self.program : 0 }

  static let program = 100_000_000

  // MARK: Passes

  /// The memory of the tokens that run at once.
  private func pass(_ load: Load, onePerBatch: Bool = false) throws -> PassMemory {
    let window = load.window ?? Sequences.tokensAtOnce(on: device)
    return try pass(onePerBatch ? window : min(load.tokens ?? .max, batch(of: window)), window)
  }

  private func pass(_ count: Int, _ window: Int) throws -> PassMemory {
    try PassMemory(
      model,
      BlockPassMemory.Tokens(count: count, window: window, dtype: dtype),
      on: device
    )
  }

  /// The number of tokens that run at once, if there are that many.
  private func batch(of window: Int) -> Int {
    max(window, Sequences.tokensAtOnce(on: device) / max(1, window) * window)
  }

  /// The hidden states of all tokens; of one batch where only the data tells how many there are.
  private func hidden(_ load: Load) -> Int {
    let tokens = load.tokens ?? batch(of: load.window ?? Sequences.tokensAtOnce(on: device))
    return tokens *| (model.configuration.hiddenSize * dtype.byteCount)
  }
}
