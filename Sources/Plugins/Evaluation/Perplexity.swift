public import BillhookCore
public import BillhookModels

/// The exponential of the mean loss over all predicted tokens.
public struct Perplexity: Evaluation {
  public static let name = "perplexity"
  public static let summary = "The exponential of the mean loss over all predicted tokens."

  /// No settings: windows, stride and BOS belong to the data.
  public init() {}

  /// One number, with the way windows were cut and the number of tokens.
  public func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let loss = try Traversal(model, context).loss(on: tokens)
    return [
      Metric(
        name: "perplexity",
        value: loss.perplexity,
        protocolNote: "\(tokens.note), \(loss.count) tokens"
      )
    ]
  }
}
