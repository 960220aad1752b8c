import BillhookModels
import BillhookTorch

/// The batches of a token set on their way through a model.
struct Sequences {
  let batches: [TokenBatch]
  /// The tables of the kinds of attention and lengths that were met, each with its kind.
  private var tables: [(shape: AttentionShape, length: Int, tables: AttentionTables)] = []

  /// Tokens that run through a block at once: enough to keep the arithmetic busy, few enough to
  /// fit beside the weights of a block.
  static let tokensPerBatch = 4096

  init(_ tokens: TokenSet, onePerBatch: Bool = false) {
    batches = tokens.batches(ofAtMost: onePerBatch ? 0 : Self.tokensPerBatch)
  }

  /// Windows that run together, whether or not there is anything to predict in them.
  init(_ batch: TokenBatch) { batches = [batch] }

  /// The hidden states in front of the first block, batch by batch.
  func embedded(by traversal: Traversal) throws -> [Tensor] {
    let weights = try traversal.model.lend(
      [.embedding],
      dtype: traversal.context.dtype,
      device: traversal.context.device
    )
    return try batches.map { batch in
      let ids = try Tensor(
        batch.windows.flatMap(\.tokens),
        shape: [batch.windows.count, batch.length]
      )
      return try traversal.decoder.embed(ids, weights)
    }
  }

  /// The hidden states of a batch behind a block.
  mutating func run(
    _ step: BlockStep,
    _ hidden: Tensor,
    by decoder: Decoder,
    weights: LentWeights? = nil
  ) throws -> Tensor {
    let length = hidden.shape[1]
    let found = try step.shape.attention.map { try tables(for: $0, length, decoder) }
    return try decoder.run(step.shape, hidden, weights ?? step.weights, found)
  }

  private mutating func tables(
    for shape: AttentionShape,
    _ length: Int,
    _ decoder: Decoder
  ) throws -> AttentionTables {
    let known = tables.first { $0.length == length && $0.shape.attendsLike(shape) }
    if let known { return known.tables }
    // Whole documents can be of any length; the tables of a few are enough to share.
    if tables.count >= 8 { tables.removeAll() }
    let new = try decoder.tables(for: shape, Span(count: length))
    tables.append((shape, length, new))
    return new
  }
}
