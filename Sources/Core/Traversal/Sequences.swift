import BillhookModels
import BillhookTorch

/// The batches of a token set on their way through a model.
struct Sequences {
  let batches: [TokenBatch]
  private var tables = SharedTables()

  /// Tokens that run through a block at once: enough to keep the arithmetic busy, few enough to
  /// fit beside the weights of a block.
  static let tokensPerBatch = 4096

  init(_ tokens: TokenSet, _ context: RunContext, onePerBatch: Bool = false) {
    batches = tokens.batches(ofAtMost: onePerBatch ? 0 : context.tokensPerBatch)
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
      let ids = try Tensor(batch.ids, shape: [batch.windows.count, batch.length])
      return try traversal.decoder.embed(ids, weights)
    }
  }

  /// The hidden states of a batch behind a block.
  mutating func run(
    _ step: BlockStep,
    _ hidden: Tensor,
    by decoder: Decoder,
    weights: LentWeights? = nil,
    closed: ClosedParts? = nil,
    observe: (DecoderSite, Tensor) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    let span = Span(count: hidden.shape[1])
    let found = try step.shape.attention.map { try tables.tables(for: $0, span, by: decoder) }
    return try decoder.run(
      step.shape,
      hidden,
      weights ?? step.weights,
      found,
      closed: closed ?? step.closed,
      observe: observe
    )
  }
}
