public import BillhookFiles

/// What a step of a training came to.
public struct TrainingProgress: Sendable, Equatable {
  /// The number of the step, from 1.
  public let step: Int
  /// The number of all steps.
  public let steps: Int
  /// The mean loss of its tokens before the step, in nats.
  public let loss: Double
  /// The learning rate.
  public let learningRate: Double
  /// The norm of all gradients together before they were cut.
  public let gradientNorm: Double
  /// The number of tokens that it ran on.
  public let tokens: Int
  /// How long it took.
  public internal(set) var seconds = 0.0

  /// The tokens that it ran on in a second.
  public var tokensPerSecond: Double { Double(tokens) / max(seconds, 1e-9) }

  /// The step as the log has it.
  public var json: JSON {
    func number(_ value: Double) -> JSON { JSONNumber(value).map(JSON.number) ?? .null }
    return [
      "step": .number(JSONNumber(step)),
      "loss": number(loss),
      "learning_rate": number(learningRate),
      "gradient_norm": number(gradientNorm),
      "tokens": .number(JSONNumber(tokens)),
      "seconds": number(seconds),
    ]
  }
}
