import BillhookEngine
public import BillhookModels

/// Lets a model continue texts, which reports show, and measures them.
public protocol SamplingEvaluation: ModelEvaluation {
  /// What the model makes of each prompt, in order.
  func samples(of model: LanguageModel, _ context: RunContext) throws -> [TextSample]

  /// Named numbers about samples, all of them finite.
  func metrics(of samples: [TextSample]) -> [Metric]
}

extension SamplingEvaluation {
  /// The numbers about the model's samples.
  public func measure(_ model: LanguageModel, _ context: RunContext) throws -> [Metric] {
    metrics(of: try samples(of: model, context))
  }
}

/// A text that a model went on with.
public struct TextSample: Sendable, Equatable {
  /// The text that was given.
  public let prompt: String
  /// What the model added.
  public let answer: String
  /// The token ids of the answer.
  public let tokens: [Int]
  /// Whether the model ended the text, and not the limit of its length.
  public let isEnded: Bool
  /// What tells its evaluation from others of the run, as a recipe writes it; nil where nothing has to.
  package var settings: String?

  /// Makes a sample.
  public init(prompt: String, answer: String, tokens: [Int], isEnded: Bool) {
    self.prompt = prompt
    self.answer = answer
    self.tokens = tokens
    self.isEnded = isEnded
  }

  /// The share of the n-grams of its tokens that occurred earlier in it; nil for fewer than `n` tokens.
  ///
  /// Source: Welleck et al., Neural Text Generation with Unlikelihood Training, 2019, arXiv
  /// 1908.04319, section 6.1 (seq-rep-n).
  public func repetition(ofNeighbours n: Int) -> Double? {
    guard n > 0, tokens.count >= n else { return nil }
    let count = tokens.count - n + 1
    let distinct = Set((0..<count).map { Array(tokens[$0..<$0 + n]) }).count
    return 1 - Double(distinct) / Double(count)
  }
}
