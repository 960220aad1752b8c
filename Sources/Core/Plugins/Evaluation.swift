public import BillhookModels

/// Measures a model on data; one that needs none is a `ModelEvaluation`.
public protocol Evaluation: Plugin {
  /// Named numbers.
  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]
}

extension Evaluation {
  /// Evaluations stand behind `evaluate`.
  public static var kind: PluginKind { .evaluation }
}

/// A number that an evaluation found.
public struct Metric: Sendable, Equatable {
  /// What was measured, for example `perplexity`.
  public let name: String
  /// The value; of repeated measurements, the median.
  public let value: Double
  /// What half of the repeated measurements lay between; nil for what is the same each time.
  public let quartiles: ClosedRange<Double>?
  /// How it was measured, so that it is never compared with something else by mistake.
  public let protocolNote: String

  /// A measured number.
  public init(
    name: String,
    value: Double,
    quartiles: ClosedRange<Double>? = nil,
    protocolNote: String
  ) {
    self.name = name
    self.value = value
    self.quartiles = quartiles
    self.protocolNote = protocolNote
  }
}
