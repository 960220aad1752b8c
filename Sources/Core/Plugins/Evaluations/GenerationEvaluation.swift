public import BillhookEngine

/// Measures a model by texts that it generates.
public protocol GenerationEvaluation: Evaluation {
  /// The most text that is generated at once.
  ///
  /// - Parameters:
  ///   - count: The number of prompts.
  ///   - prompt: The number of tokens in the longest.
  /// - Returns: The load.
  func load(of count: Int, prompt: Int) -> GenerationLoad
}

extension Evaluation {
  /// Whether it measures texts that the model writes, so that what ends a text decides too.
  package var writesText: Bool {
    self is any GenerationEvaluation || self is any SamplingEvaluation
  }
}
