import BillhookModels
import BillhookTorch

/// A batch of texts that a model continues, one token per text at a time.
///
/// Keys and values of earlier tokens are cached. Where rotary embeddings change with the length of
/// the text (dynamic, longrope), all tokens are run again at each change, so that every step equals
/// a full pass.
final class Decoding {
  private let weights: DecodingWeights
  private var texts: [[Int]]
  private var cache: KeyValueCache
  private let capacity: Int

  /// Starts with texts, none of them empty; the longest will reach `capacity` tokens.
  init(_ weights: DecodingWeights, texts: [[Int]], capacity: Int) {
    self.weights = weights
    self.texts = texts
    self.capacity = capacity
    cache = KeyValueCache(capacity: capacity)
  }

  /// Adds a token to each text.
  func append(_ tokens: [Int]) {
    for (index, token) in tokens.enumerated() { texts[index].append(token) }
  }

  /// The logits of each text's next token: `[batch, vocabulary]` in f32.
  ///
  /// Logits and cache are made in inference mode: neither ever needs gradients.
  func nextLogits() throws -> Tensor { try withInferenceMode { try computeLogits() } }

  private func computeLogits() throws -> Tensor {
    let columns = texts.map(\.count).max() ?? 0
    let padding = texts.map { columns - $0.count }
    if cache.count > 0, hasOtherFrequencies(than: cache.count, at: columns, padding) {
      // What was cached was computed with other angles, in every block after the first.
      cache = KeyValueCache(capacity: capacity)
    }
    let span = Span(start: cache.count, count: columns - cache.count, padding: padding)
    let ids = zip(texts, padding).flatMap { text, empty in
      (span.start..<span.end).map { $0 < empty ? 0 : text[$0 - empty] }
    }
    let decoder = weights.decoder
    let shape = [texts.count, span.count]
    var hidden = try decoder.embed(Tensor(ids, shape: shape), weights.entrance.require(.embedding))
    var tables = SharedTables()
    for block in weights.blocks {
      try weights.context.checkCancelled()
      let found = try block.shape.attention.map { try tables.tables(for: $0, span, by: decoder) }
      hidden = try decoder.run(
        block.shape,
        hidden,
        block.weights,
        found,
        cache: cache,
        closed: block.closed,
        between: { [context = weights.context] _ in try context.checkCancelled() }
      )
    }
    cache.advance(by: span.count)
    let last = try hidden.narrowed(1, to: span.count - 1..<span.count)
    return try decoder.logits(last, weights.exit).to(.float32).reshaped([texts.count, -1])
  }

  /// Whether texts of `now` columns have other rotary frequencies than the columns in the cache.
  private func hasOtherFrequencies(than before: Int, at now: Int, _ padding: [Int]) -> Bool {
    weights.blocks.contains { block in
      guard let rotary = block.shape.attention?.rotary else { return false }
      return padding.contains { !rotary.sharesFrequencies(before - $0, now - $0) }
    }
  }
}
