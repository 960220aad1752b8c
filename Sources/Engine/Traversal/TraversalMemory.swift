package import BillhookModels
import BillhookTorch

/// What the forms of a traversal hold in memory at their peak, in bytes, worked out from shapes.
///
/// Weights of the largest block count in the type of the computation, wherever they lie; the
/// embedding and the head only where they are converted. Not counted: the program with libtorch,
/// texts, and token ids. More than a whole number holds is the largest one.
/// `Scripts/measure_memory.py` compares it with measured peaks, which were mostly within 30 % of it.
package struct TraversalMemory {
  private let model: LanguageModel
  private let dtype: DType
  private let device: Device
  private let limit: Int

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
    self.model = model
    dtype = context.dtype
    device = context.device
    limit = context.memory ?? Machine.memory / 2
  }

  // MARK: The forms

  /// `weights`: a block, and a value in f32 for each of its weights.
  package func weights() -> Int {
    ofLargestBlock() + 2 * ofLargestBlock(in: .float32)
  }

  /// `forward`: the hidden states of all candidates that walk, those in front of the first block, and
  /// one more while a block is run.
  ///
  /// - Parameters:
  ///   - load: The tokens.
  ///   - candidates: The number of gates that walk together; 0 for the model's own alone.
  ///   - way: Where states wait.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func forward(_ load: Load, candidates: Int = 0, _ way: TraversalWay = .inMemory) throws
    -> Int
  {
    let window = load.window ?? Sequences.tokensAtOnce(on: device)
    let tokens = load.tokens ?? window
    let batch = batch(tokens, window)
    let states = way.statesWaitOnDisk ? hidden(batch) *| 3 : hidden(tokens) *| (candidates + 3)
    return try max(
      allocated(states +| activations(batch, window), weights: ofLargestBlock(), batch),
      allocated(states +| exit(batch, copies: 1), weights: 0, batch)
    )
  }

  /// `backward`: what enters each block is kept, or all that gradients need; on the way back a
  /// block's gradients exist as they come, scaled, and added up.
  ///
  /// - Parameters:
  ///   - load: The tokens; without their number the result is what a single batch needs.
  ///   - onePerBatch: Whether each sample is a batch of its own.
  ///   - way: What is kept, and where.
  /// - Returns: Bytes.
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  package func backward(_ load: Load, onePerBatch: Bool, _ way: TraversalWay) throws -> Int {
    let window = load.window ?? Sequences.tokensAtOnce(on: device)
    let batch = onePerBatch ? window : batch(load.tokens ?? .max, window)
    let tokens = load.tokens ?? batch
    let waiting = way.statesWaitOnDisk ? hidden(batch) : hidden(tokens)
    // As they come, and added up; the same where there is one batch and nothing is converted.
    let isAddedUp = batch < tokens || dtype != .float32
    let gradients = ofLargestBlock() + (isAddedUp ? ofLargestBlock(in: .float32) : 0)
    let converted = way.keeping == .activations ? try self.converted() : 0
    let weights = way.keeping == .activations ? converted : ofLargestBlock()
    let (kept, graph) =
      switch way.keeping {
      case .activations: (graphs(tokens, window), 0)
      case .inputs:
        (
          way.statesWaitOnDisk ? waiting : waiting *| (model.blocks.count + 1),
          self.graph(batch, window)
        )
      }
    return try max(
      allocated(kept +| waiting +| exit(batch, copies: 3), weights: converted, batch),
      allocated(kept +| graph, weights: weights + gradients + 3 * largestMatrix(), batch)
    )
  }

  /// Saving: weights one at a time, then the logits of a few tokens in f32.
  package func saving() throws -> Int {
    let inFull = TraversalMemory(model, dtype: .float32, device: device)
    let largest = model.configuration.allWeights.map { $0.shape.reduce(4, *) }.max() ?? 0
    return try max(
      largest,
      inFull.ofLargestBlock(),
      inFull.converted(.embedding),
      inFull.exit(16, copies: 1)
    )
  }

  private init(_ model: LanguageModel, dtype: DType, device: Device) {
    self.model = model
    self.dtype = dtype
    self.device = device
    limit = 0
  }

  // MARK: Ways

  /// Where hidden states wait in `forward`.
  package func forwardWay(_ load: Load, candidates: Int) throws -> TraversalWay {
    var way = TraversalWay.inMemory
    way.statesWaitOnDisk = try !fits(forward(load, candidates: candidates, way))
    return way
  }

  /// What `backward` keeps, and where.
  package func backwardWay(_ load: Load, onePerBatch: Bool) throws -> TraversalWay {
    var way = TraversalWay.inMemory
    // Nobody says how much memory another device has.
    way.keeping = .activations
    if try device == .cpu && fits(backward(load, onePerBatch: onePerBatch, way)) { return way }
    way.keeping = .inputs
    way.statesWaitOnDisk = try !fits(backward(load, onePerBatch: onePerBatch, way))
    return way
  }

  /// The number of places whose states `forward` may keep for later sweeps over the same tokens.
  func placesToKeep(_ load: Load, candidates: Int, _ way: TraversalWay) throws -> Int {
    // Nobody says how much memory another device has.
    guard device == .cpu, !way.statesWaitOnDisk, let tokens = load.tokens, tokens > 0 else {
      return 0
    }
    let free = try max(0, limit - Self.program) / 5 * 4 - forward(load, candidates: candidates, way)
    return max(0, free / hidden(tokens))
  }

  /// What `forward` keeps for later sweeps, in bytes: half of all ways lie in front of where they
  /// part from the model's own.
  package func kept(_ load: Load, candidates: Int, _ way: TraversalWay) throws -> Int {
    let places = (candidates + 1) * model.blocks.count / 2
    let room = try placesToKeep(load, candidates: candidates, way)
    return load.tokens.map { min(places, room) *| hidden($0) } ?? 0
  }

  // MARK: Disk

  /// The bytes of hidden states that wait on disk in `forward`; none where memory holds them.
  package func spilled(_ load: Load, candidates: Int) throws -> Int {
    guard try forwardWay(load, candidates: candidates).statesWaitOnDisk else { return 0 }
    return hidden(load.tokens ?? 0) *| (candidates + 2)
  }

  /// The bytes of hidden states that wait on disk in `backward`; none where memory holds them.
  package func spilled(_ load: Load, onePerBatch: Bool) throws -> Int {
    guard try backwardWay(load, onePerBatch: onePerBatch).statesWaitOnDisk else { return 0 }
    return hidden(load.tokens ?? 0) *| (model.blocks.count + 2)
  }

  private func fits(_ bytes: Int) -> Bool {
    // The C library's heap has gaps, and the program itself is not small.
    device != .cpu || bytes / 4 *| 5 +| Self.program <= limit
  }

  /// What the program with libtorch takes of anonymous memory before it computes anything.
  static let program = 100_000_000

  // MARK: Weights

  private func ofLargestBlock(in dtype: DType? = nil) -> Int {
    let count = model.blocks.map(model.configuration.parameterCount(of:)).max() ?? 0
    return count * (dtype ?? self.dtype).byteCount
  }

  /// The largest matrix of a block in f32.
  private func largestMatrix() -> Int {
    let weights = model.blocks.flatMap(model.configuration.weights(of:))
    return weights.map { $0.shape.reduce(4, *) }.max() ?? 0
  }

  /// One of the model's own weights, where it is not used in place.
  private func converted(_ role: WeightRole) throws -> Int {
    guard let weight = model.configuration.modelWeights.first(where: { $0.id.role == role }),
      try device != .cpu || model.weights.storedType(weight.id) != dtype
    else { return 0 }
    return weight.shape.reduce(dtype.byteCount, *)
  }

  /// The weights of all blocks, where they are not used in place.
  private func converted() throws -> Int {
    let weights = model.blocks.flatMap(model.configuration.weights(of:))
    return try weights.reduce(0) { bytes, weight in
      let isInPlace = try device == .cpu && model.weights.storedType(weight.id) == dtype
      return bytes + (isInPlace ? 0 : weight.shape.reduce(dtype.byteCount, *))
    }
  }

  // MARK: What is computed

  /// What states and weights take of the machine's memory.
  ///
  /// glibc takes pieces below 32 MiB from a heap, where gaps stay between those that live long: 1.1
  /// to 2.4 times the tensors were measured for small models. Larger pieces have pages of their own.
  private func allocated(_ states: Int, weights: Int, _ batch: Int) -> Int {
    let inHeap =
      (hidden(batch) < 32 << 20 ? states : 0) +| (largestMatrix() < 32 << 20 ? weights : 0)
    return (states +| weights) - inHeap +| inHeap / 5 *| 7
  }

  /// The hidden states of some tokens.
  private func hidden(_ tokens: Int) -> Int {
    tokens *| (model.configuration.hiddenSize * dtype.byteCount)
  }

  /// The tokens that run through a block at once.
  private func batch(_ tokens: Int, _ window: Int) -> Int {
    min(tokens, max(window, Sequences.tokensAtOnce(on: device) / window * window))
  }

  /// Inside a block: around the MLP four times its width, around the attention the queries and
  /// what turning them takes.
  private func activations(_ tokens: Int, _ window: Int) -> Int {
    widest(tokens, window) { shape in
      (2 * shape.hidden + max(5 * shape.queries, 4 * shape.mlp), scores: 1)
    }
  }

  /// Inside a block whose gradients are taken: everything that the way back needs, and the
  /// gradients of the MLP's channels.
  private func graph(_ tokens: Int, _ window: Int) -> Int {
    widest(tokens, window) { shape in
      (
        7 * shape.hidden + 3 * shape.queries + 2 * shape.keys + 7 * shape.mlp,
        scores: 3
      )
    }
  }

  /// What gradients need of all blocks: what enters norms, projections and products.
  private func graphs(_ tokens: Int, _ window: Int) -> Int {
    model.blocks.count
      *| widest(tokens, window) { shape in
        (
          6 * shape.hidden + 4 * shape.queries + 4 * shape.keys + 4 * shape.mlp,
          scores: 2
        )
      }
  }

  private struct Widths {
    let hidden: Int
    let queries: Int
    let keys: Int
    let mlp: Int
  }

  /// The bytes for as many numbers a token as the widest block asks for; scores are held only
  /// where libtorch has no attention that does without them.
  private func widest(
    _ tokens: Int,
    _ window: Int,
    _ numbers: (Widths) -> (Int, scores: Int)
  ) -> Int {
    let counts = model.blocks.map { block in
      let attention = block.attention
      let widths = Widths(
        hidden: model.configuration.hiddenSize,
        queries: attention.map { $0.queryHeads * $0.headSize } ?? 0,
        keys: attention.map { $0.keyValueHeads * $0.headSize } ?? 0,
        mlp: block.mlp?.width ?? 0
      )
      let (count, scores) = numbers(widths)
      guard let attention, attention.softCap != nil else { return count }
      return count +| 4 *| scores *| attention.queryHeads *| window
    }
    return (counts.max() ?? 0) *| tokens *| dtype.byteCount
  }

  /// The exit of the model: its table, and logits in f32 with as many copies as taking their loss
  /// or its gradient makes.
  private func exit(_ tokens: Int, copies: Int) throws -> Int {
    let configuration = model.configuration
    let rows = min(tokens, max(1, LossHead.logitsAtOnce / configuration.vocabularySize))
    let own = dtype == .float32 ? 0 : dtype.byteCount
    return try converted(configuration.exitTable)
      +| (rows *| configuration.vocabularySize *| (4 * (copies + 1) + own))
      +| (3 *| hidden(tokens))
  }
}
