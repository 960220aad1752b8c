import BillhookEngine
import BillhookFiles
public import BillhookModels
import BillhookTorch

/// Measures a model on data; one that needs none is a `ModelEvaluation`.
public protocol Evaluation: Plugin {
  /// Which way its main metric, the first of those that it gives, gets better; lower by default.
  var direction: MetricDirection { get }

  /// Named numbers, all of them finite; the main one first.
  func measure(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> [Metric]

  /// What data it measures on.
  static var dataForm: DataForm { get }

  /// The parameters that names of its metrics tell; what differs in others is added to the names where a
  /// recipe has the evaluation several times.
  static var namedParameters: Set<String> { get }
}

extension Evaluation {
  /// Text.
  public static var dataForm: DataForm { .text }

  /// None.
  public static var namedParameters: Set<String> { [] }

  /// Evaluations are named after `evaluate`.
  public static var kind: PluginKind { .evaluation }

  /// The lower, the better.
  public var direction: MetricDirection { .lower }
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
    try requireFinite(metrics, of: model, context)
    return metrics
  }

  /// Refuses metrics that are not finite, as `finiteMetrics` does.
  package func requireFinite(
    _ metrics: [Metric],
    of model: LanguageModel,
    _ context: RunContext
  ) throws {
    for metric in metrics {
      guard let fault = metric.numbers.first(where: { !$0.isFinite }) else { continue }
      try model.requireFiniteWeights()
      throw PluginError(
        self,
        "`\(metric.name)` is \(rounded(fault)), though all weights are finite: "
          + context.dtype.adviceOnOverflow
      )
    }
  }
}

/// Which of two values of a metric is the better one.
public enum MetricDirection: String, Sendable {
  /// The lower one, as of a perplexity.
  case lower
  /// The higher one, as of an accuracy.
  case higher
}

/// A number that an evaluation found.
public struct Metric: Sendable, Equatable {
  /// What was measured, for example `perplexity`.
  public let name: String
  /// The value; of repeated measurements, the median.
  public let value: Double
  /// The quartiles of repeated measurements; nil for what is the same each time.
  public let quartiles: ClosedRange<Double>?
  /// The standard error of a mean over what was measured; nil for what is no mean.
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

  /// The value, with its quartiles and its standard error where it has some.
  package var numbers: [Double] {
    [value] + (quartiles.map { [$0.lowerBound, $0.upperBound] } ?? [])
      + (error.map { [$0] } ?? [])
  }
}
