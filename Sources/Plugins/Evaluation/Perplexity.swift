import BillhookCore
import BillhookModels

/// The exponential of the mean loss over all predicted tokens.
struct Perplexity: Evaluation {
  static let name = "perplexity"
  static let summary = "The exponential of the mean loss over all predicted tokens."

  /// One number, with the way windows were cut and the number of tokens.
  func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let loss = try Traversal(model, context).loss(on: tokens)
    return [
      Metric(
        name: "perplexity",
        value: loss.perplexity,
        protocolNote: "\(tokens.note), \(counted(loss.count, "token"))"
      )
    ]
  }
}
