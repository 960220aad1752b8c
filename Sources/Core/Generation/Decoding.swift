import BillhookModels
import BillhookTorch

/// A batch of texts that a model goes on with, one token for each at a time.
///
/// Keys and values of earlier tokens are kept. The weights stay lent as long as this lives: views
/// of the mapped files where the model computes in the type that it is stored in, else one
/// converted copy of the model. Where rotary embeddings change with the length of the text (dynamic,
/// longrope), all tokens run again when they do, so that each step equals a full pass.
final class Decoding {
  private let context: RunContext
  private let decoder: Decoder
  private let blocks: [(shape: BlockShape, weights: LentWeights, closed: ClosedParts)]
  private let entrance: LentWeights
  private let exit: LentWeights
  private var texts: [[Int]]
  private var cache: KeyValueCache
  private let capacity: Int

  /// Takes up texts, none of them empty; `capacity` tokens will be the longest's length.
  init(_ model: LanguageModel, _ context: RunContext, texts: [[Int]], capacity: Int) throws {
    self.context = context
    self.texts = texts
    self.capacity = capacity
    decoder = Decoder(model.configuration, dtype: context.dtype, device: context.device)
    blocks = try model.blocks.filter { !model.gates.closedBlocks.contains($0.sourceIndex) }.map {
      (
        $0, try model.lend($0, dtype: context.dtype, device: context.device),
        model.closedParts(of: $0, by: model.gates)
      )
    }
    func lend(_ roles: Set<WeightRole>) throws -> LentWeights {
      try model.lend(roles, dtype: context.dtype, device: context.device)
    }
    entrance = try lend([.embedding])
    exit = try lend(model.configuration.exitRoles)
    cache = KeyValueCache(capacity: capacity)
  }

  /// Adds a token to each text.
  func append(_ tokens: [Int]) {
    for (index, token) in tokens.enumerated() { texts[index].append(token) }
  }

  /// The logits of each text's next token: `[batch, vocabulary]` in f32.
  func nextLogits() throws -> Tensor {
    let columns = texts.map(\.count).max() ?? 0
    let padding = texts.map { columns - $0.count }
    if cache.count > 0, turnsOtherwise(than: cache.count, at: columns, padding) {
      // What was kept was computed with other angles, in every block behind the first.
      cache = KeyValueCache(capacity: capacity)
    }
    let span = Span(start: cache.count, count: columns - cache.count, padding: padding)
    let ids = zip(texts, padding).flatMap { text, empty in
      (span.start..<span.end).map { $0 < empty ? 0 : text[$0 - empty] }
    }
    var hidden = try decoder.embed(
      Tensor(ids, shape: [texts.count, span.count]),
      entrance.require(.embedding)
    )
    var tables = SharedTables()
    for block in blocks {
      try context.checkCancelled()
      let found = try block.shape.attention.map { try tables.tables(for: $0, span, by: decoder) }
      hidden = try decoder.run(
        block.shape,
        hidden,
        block.weights,
        found,
        cache: cache,
        closed: block.closed
      )
    }
    cache.advance(by: span.count)
    let last = try hidden.narrowed(1, to: span.count - 1..<span.count)
    return try decoder.logits(last, exit).to(.float32).reshaped([texts.count, -1])
  }

  /// Whether positions turn otherwise in texts of so many columns than in those of the cache.
  private func turnsOtherwise(than before: Int, at now: Int, _ padding: [Int]) -> Bool {
    blocks.contains { block in
      guard let rotary = block.shape.attention?.rotary else { return false }
      return padding.contains { !rotary.turnsAlike(before - $0, now - $0) }
    }
  }
}
