public import BillhookEngine
public import BillhookModels

/// Measures a model beside the one that the recipe opened, by what that one predicts on the same data.
///
/// What the opened model predicts is gathered once for each data and number of kept tokens, lies in the
/// work folder, and serves all measurements.
public protocol ReferenceEvaluation: Evaluation {
  /// How many of the likeliest tokens of the opened model are kept at each position, all others as one
  /// mass; nil for all.
  var keptPredictions: Int? { get }

  /// Named numbers, all of them finite.
  ///
  /// - Parameters:
  ///   - model: The model that is measured.
  ///   - tokens: The data.
  ///   - reference: What the opened model predicts at each target of the data.
  ///   - context: Where the model runs.
  /// - Returns: The numbers.
  /// - Throws: What running the model throws, and `Cancelled`.
  func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    beside reference: StoredPredictions,
    _ context: RunContext
  ) throws -> [Metric]
}

extension ReferenceEvaluation {
  /// Refuses to measure a model by itself.
  public func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    throw DataError(
      "needs what the opened model predicts, and can be measured by `evaluate` only"
    )
  }

  /// Measures a model beside the opened one, and refuses metrics that are not finite.
  ///
  /// - Throws: As `finiteMetrics` without a reference.
  package func finiteMetrics(
    of model: LanguageModel,
    on tokens: TokenSet,
    beside reference: StoredPredictions,
    _ context: RunContext
  ) throws -> [Metric] {
    let metrics = try answer {
      try measure(model, on: tokens, beside: reference, context)
    }
    try requireFinite(metrics, of: model, context)
    return metrics
  }
}
