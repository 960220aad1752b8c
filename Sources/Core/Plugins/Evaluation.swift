import BillhookEngine
import BillhookFiles
public import BillhookModels
import BillhookTorch

/// Measures a model on data; one that needs none is a `ModelEvaluation`.
public protocol Evaluation: Plugin {
  /// Named numbers, all of them finite.
  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]

  /// What data it measures on.
  static var dataForm: DataForm { get }
}

extension Evaluation {
  /// Text.
  public static var dataForm: DataForm { .text }

  /// Evaluations are named after `evaluate`.
  public static var kind: PluginKind { .evaluation }
}

extension Evaluation {
  /// Measures a model, and refuses metrics that are not finite.
  ///
  /// - Throws: `BrokenWeight` where a weight is the reason, else `PluginError`, which names the
  ///   metric; and what measuring throws.
  package func finiteMetrics(
    of model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let metrics = try answer { try measure(model, on: tokens, context) }
    for metric in metrics {
      let bounds = metric.quartiles.map { [$0.lowerBound, $0.upperBound] } ?? []
      let numbers = [metric.value] + bounds + (metric.error.map { [$0] } ?? [])
      guard let fault = numbers.first(where: { !$0.isFinite }) else { continue }
      try model.requireFiniteWeights()
      throw PluginError(
        self,
        "`\(metric.name)` is \(rounded(fault)), though all weights are finite: "
          + context.dtype.adviceOnOverflow
      )
    }
    return metrics
  }
}

/// A number that an evaluation found.
public struct Metric: Sendable, Equatable {
  /// What was measured, for example `perplexity`.
  public let name: String
  /// The value; of repeated measurements, the median.
  public let value: Double
  /// The quartiles of repeated measurements; nil for what is the same each time.
  public let quartiles: ClosedRange<Double>?
  /// The standard error of a mean over samples; nil for what is none.
  public let error: Double?
  /// How it was measured, so that it is never compared with something else by mistake.
  public let protocolNote: String

  /// A measured number.
  public init(
    name: String,
    value: Double,
    quartiles: ClosedRange<Double>? = nil,
    error: Double? = nil,
    protocolNote: String
  ) {
    self.name = name
    self.value = value
    self.quartiles = quartiles
    self.error = error
    self.protocolNote = protocolNote
  }
}
