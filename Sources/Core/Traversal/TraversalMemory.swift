import BillhookModels
import BillhookTorch

/// What the forms of a traversal hold in memory at their peak, in bytes, worked out from shapes.
///
/// Weights of the largest block count in the type of the computation, wherever they lie; the
/// embedding and the head only where they are converted. Not counted: the program with libtorch,
/// texts, and token ids. `Scripts/measure_memory.py` compares it with measured peaks, which were
/// mostly within 30 % of it.
struct TraversalMemory {
  private let model: LanguageModel
  private let dtype: DType
  private let device: Device

  /// How many tokens there are, and how many in a window; nil for what only the data tells.
  struct Load {
    var tokens: Int?
    var window: Int?
  }

  init(_ model: LanguageModel, _ context: RunContext) {
    self.model = model
    dtype = context.dtype
    device = context.device
  }

  // MARK: The forms

  /// `weights`: a block, and a value in f32 for each of its weights.
  func weights() -> Int {
    ofLargestBlock() + 2 * ofLargestBlock(in: .float32)
  }

  /// `forward`, in parts as `losses(on:candidates:)` makes them: the hidden states of all candidates
  /// that walk, those in front of the first block, and one more while a block is run.
  ///
  /// - Parameters:
  ///   - load: The tokens.
  ///   - candidates: The gates that walk together; nil for the model's own alone.
  /// - Returns: Bytes.
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func forward(_ load: Load, candidates: Int? = nil) throws -> Int {
    let window = load.window ?? Sequences.tokensPerBatch
    let candidates = candidates.map {
      Traversal.candidatesAtOnce($0, window: window, bytesPerToken: hidden(1))
    }
    let widest = Traversal.stateBytes / (hidden(1) * ((candidates ?? 1) + 1))
    let part = min(load.tokens ?? .max, max(window, widest))
    let states = hidden(part) * ((candidates ?? 0) + 3)
    let batch = batch(part, window)
    let tensors = try max(
      converted(.embedding) + hidden(part),
      states + ofLargestBlock() + activations(batch, window),
      states + exit(batch, copies: 1)
    )
    return allocated(tensors, batch)
  }

  /// `backward`: what enters each block is kept; on the way back a block's gradients exist as they
  /// come, scaled, and added up.
  ///
  /// - Parameters:
  ///   - load: The tokens; without their number the result is what a single batch needs.
  ///   - onePerBatch: Whether each sample is a batch of its own.
  /// - Returns: Bytes.
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func backward(_ load: Load, onePerBatch: Bool) throws -> Int {
    let window = load.window ?? Sequences.tokensPerBatch
    let batch = onePerBatch ? window : batch(load.tokens ?? .max, window)
    let tokens = load.tokens ?? batch
    let kept = hidden(tokens) * (model.blocks.count + 1)
    let gradients = ofLargestBlock(in: .float32)
    let tensors = try max(
      converted(.embedding) + hidden(tokens),
      kept + hidden(tokens) + exit(batch, copies: 3),
      kept + ofLargestBlock() + 2 * gradients + graph(batch, window),
      kept + ofLargestBlock() + 3 * gradients
    )
    return allocated(tensors, batch)
  }

  /// Saving: weights one at a time, then the logits of a few tokens in f32.
  func saving() throws -> Int {
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
  }

  // MARK: Weights

  private func ofLargestBlock(in dtype: DType? = nil) -> Int {
    let count = model.blocks.map(model.configuration.parameterCount(of:)).max() ?? 0
    return count * (dtype ?? self.dtype).byteCount
  }

  /// One of the model's own weights, where it is not used in place.
  private func converted(_ role: WeightRole) throws -> Int {
    guard let weight = model.configuration.modelWeights.first(where: { $0.id.role == role }),
      try device != .cpu || model.weights.storedType(weight.id) != dtype
    else { return 0 }
    return weight.shape.reduce(dtype.byteCount, *)
  }

  // MARK: What is computed

  /// What tensors take of the machine's memory.
  ///
  /// glibc takes pieces below 32 MB from a heap, where gaps stay between those that live long: 1.1
  /// to 2.4 times the tensors were measured for small models. Larger pieces have pages of their own.
  private func allocated(_ tensors: Int, _ batch: Int) -> Int {
    hidden(batch) < 32 << 20 ? tensors / 5 * 7 : tensors
  }

  /// The hidden states of some tokens.
  private func hidden(_ tokens: Int) -> Int {
    tokens * model.configuration.hiddenSize * dtype.byteCount
  }

  /// The tokens that run through a block at once.
  private func batch(_ tokens: Int, _ window: Int) -> Int {
    min(tokens, max(window, Sequences.tokensPerBatch / window * window))
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
      return count + 4 * scores * attention.queryHeads * window
    }
    return (counts.max() ?? 0) * tokens * dtype.byteCount
  }

  /// The exit of the model: its table, and logits in f32 with as many copies as taking their loss
  /// or its gradient makes.
  private func exit(_ tokens: Int, copies: Int) throws -> Int {
    let configuration = model.configuration
    let table: WeightRole = configuration.tiesEmbeddings ? .embedding : .head
    let rows = min(tokens, max(1, LossHead.logitsAtOnce / configuration.vocabularySize))
    let own = dtype == .float32 ? 0 : dtype.byteCount
    return try converted(table) + rows * configuration.vocabularySize * (4 * (copies + 1) + own)
      + 3 * hidden(tokens)
  }
}
