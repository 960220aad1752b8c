import BillhookTorch

/// How the next token is chosen from the logits.
public struct Sampling: Sendable, Equatable {
  /// What logits are divided by; 0 takes the most likely token.
  public var temperature: Double
  /// How many of the most likely tokens are drawn from; nil for all.
  public var topK: Int?
  /// The total probability that the tokens drawn from have at least (nucleus sampling); nil for 1.
  ///
  /// Source: Holtzman et al., The Curious Case of Neural Text Degeneration, 2020, section 3.1.
  public var topP: Double?

  /// Makes a choice of settings; by default, the most likely token is always taken.
  public init(temperature: Double = 0, topK: Int? = nil, topP: Double? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// The tokens that are drawn from, most likely first, with their probabilities.
  ///
  /// As in transformers: temperature, then the best `topK`, then `topP` of their probability.
  func candidates(_ logits: Tensor) throws -> (tokens: [Int], probabilities: [Double]) {
    let count = min(topK ?? logits.elementCount, logits.elementCount)
    let top = try (logits * (1 / temperature)).largest(count)
    var probabilities = try top.values.softmax(-1).doubles()
    if let topP {
      var before = 0.0
      let kept = probabilities.prefix { probability in
        defer { before += probability }
        return before < topP
      }
      let sum = kept.reduce(0, +)
      probabilities = kept.map { $0 / sum }
    }
    let tokens = try top.positions.integers().prefix(probabilities.count)
    return (Array(tokens), probabilities)
  }

  /// The token chosen from a row of logits, `[vocabulary]`.
  func choose(from logits: Tensor, _ generator: Generator) throws -> Int {
    // Below this, ratios of probabilities no longer fit into f32, and the most likely token is
    // certain anyway.
    guard temperature > 1e-6 else { return Int(try logits.argmax(0).scalar()) }
    let candidates = try candidates(logits)
    let drawn = try generator.draw(1, weights: Tensor(candidates.probabilities)).integers()
    return candidates.tokens[drawn[0]]
  }
}
