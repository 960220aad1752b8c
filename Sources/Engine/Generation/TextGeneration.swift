public import BillhookModels
import BillhookTorch

/// A model whose weights are lent for generating any number of texts.
package struct GeneratingModel {
  let model: LanguageModel
  let weights: DecodingWeights

  /// Borrows the weights of a model.
  package init(_ model: LanguageModel, _ context: RunContext) throws {
    self.model = model
    weights = try DecodingWeights(model, context)
  }
}

/// Generates text: lets a model continue prompts.
public struct TextGeneration: Sendable {
  /// How each token is chosen.
  public var sampling = Sampling()
  /// The most tokens that are added to a text.
  public var maximumTokens = 128
  /// The number of tokens that are added before a text may end.
  public var minimumTokens = 0
  /// The tokens that end a text, which are not part of it.
  public var endTokens: Set<Int> = []
  /// The seed of the random numbers of the first text; each further text of a batch has the next
  /// seed.
  public var seed: UInt64 = 0

  /// Makes the defaults: the most likely tokens, at most 128 of them.
  public init() {}

  /// Continues prompts until each text has ended or is long enough.
  ///
  /// A text is the same whether it is alone or in a batch, up to the rounding of the arithmetic.
  ///
  /// - Parameters:
  ///   - prompts: The tokens to start with; none of them empty.
  ///   - model: The model.
  ///   - context: Where the model runs.
  ///   - added: Called with a text's index and its new token, as soon as there is one.
  ///   - isEnded: Asked with a text's index and all tokens that were added to it, after each; a text that
  ///     has ended gets no more.
  /// - Returns: The tokens that were added to each prompt.
  /// - Throws: `DataError` when a prompt is empty or holds a token that the model does not have, or
  ///   logits are NaN or infinite; `Cancelled`, and errors of the model's files.
  public func tokens(
    after prompts: [[Int]],
    by model: LanguageModel,
    _ context: RunContext,
    added: (_ text: Int, _ token: Int) throws -> Void = { _, _ in },
    isEnded: (_ text: Int, _ tokens: [Int]) throws -> Bool = { _, _ in false }
  ) throws -> [[Int]] {
    try Self.check(prompts, model.configuration.vocabularySize)
    return try tokens(
      after: prompts,
      seeds: prompts.indices.map { seed &+ UInt64($0) },
      by: GeneratingModel(model, context),
      added: added,
      isEnded: isEnded
    )
  }

  /// The same by a model whose weights are lent already, with a seed for each text.
  package func tokens(
    after prompts: [[Int]],
    seeds: [UInt64],
    by generating: GeneratingModel,
    added: (_ text: Int, _ token: Int) throws -> Void = { _, _ in },
    isEnded: (_ text: Int, _ tokens: [Int]) throws -> Bool = { _, _ in false }
  ) throws -> [[Int]] {
    let (model, context) = (generating.model, generating.weights.context)
    let vocabulary = model.configuration.vocabularySize
    try Self.check(prompts, vocabulary)
    // The cache grows if a text gets longer; where many tokens are allowed, few texts do.
    let capacity = (prompts.map(\.count).max() ?? 0) + min(maximumTokens, 256)
    let decoding = Decoding(generating.weights, texts: prompts, capacity: capacity)
    let generators = try seeds.map { try Generator(seed: $0) }
    let ends = try endPenalty(vocabulary)
    var texts = [[Int]](repeating: [], count: prompts.count)
    var open = Set(prompts.indices)
    for step in 0..<max(0, maximumTokens) where !open.isEmpty {
      var logits = try decoding.nextLogits().to(device: .cpu)
      guard try logits.allFinite() else {
        try model.requireFiniteWeights()
        throw DataError(
          "the model's logits are NaN or infinite in \(context.dtype); try another type"
        )
      }
      if step < minimumTokens, let ends { logits = try logits + ends }
      var chosen = [Int](repeating: 0, count: prompts.count)
      for text in open.sorted() {
        let row = try logits.narrowed(0, to: text..<text + 1).reshaped([-1])
        chosen[text] = try sampling.choose(from: row, generators[text])
        guard !endTokens.contains(chosen[text]) else {
          open.remove(text)
          continue
        }
        texts[text].append(chosen[text])
        try added(text, chosen[text])
        if try isEnded(text, texts[text]) { open.remove(text) }
      }
      decoding.append(chosen)
    }
    return texts
  }

  /// A tensor that is added to logits so that no text ends; nil where no token ends a text.
  private func endPenalty(_ vocabulary: Int) throws -> Tensor? {
    guard !endTokens.isEmpty, minimumTokens > 0 else { return nil }
    return try Tensor((0..<vocabulary).map { endTokens.contains($0) ? -Float.infinity : 0 })
  }

  private static func check(_ prompts: [[Int]], _ vocabulary: Int) throws(DataError) {
    for prompt in prompts {
      guard !prompt.isEmpty else {
        throw DataError("a prompt without a token: the model needs something to start with")
      }
      if let token = prompt.first(where: { !(0..<vocabulary).contains($0) }) {
        throw DataError(
          "token \(token) of a prompt is not in the model's vocabulary of \(vocabulary); "
            + "tokenizer.json and config.json do not belong together"
        )
      }
    }
  }
}
