public import BillhookFiles

/// The result of a training step.
public struct TrainingProgress: Sendable, Equatable {
  /// The number of the step, counted from 1.
  public let step: Int
  /// The number of all steps.
  public let steps: Int
  /// The mean loss of the step's tokens before the update, in nats.
  public let loss: Double
  /// The learning rate.
  public let learningRate: Double
  /// The norm of all gradients together before clipping.
  public let gradientNorm: Double
  /// The number of tokens in the step.
  public let tokens: Int
  /// How long the step took, in seconds.
  public internal(set) var seconds = 0.0

  /// The number of tokens per second.
  public var tokensPerSecond: Double { Double(tokens) / max(seconds, 1e-9) }

  /// The step as a line of the log.
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
