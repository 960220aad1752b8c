public import BillhookModels

/// Measures a model on data.
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
  /// The value.
  public let value: Double
  /// How it was measured, so that it is never compared with something else by mistake.
  public let protocolNote: String

  /// A measured number.
  public init(name: String, value: Double, protocolNote: String) {
    self.name = name
    self.value = value
    self.protocolNote = protocolNote
  }
}
