public import BillhookEngine
public import BillhookModels

/// Measures a model beside the one that the recipe opened, or another, by what that one predicts on the
/// same data.
///
/// What it predicts is gathered once for each data and number of kept tokens, lies in the
/// work folder, and serves all measurements.
public protocol ReferenceEvaluation: Evaluation {
  /// How many of that model's likeliest tokens are kept at each position, all others as one mass; nil for
  /// all.
  var keptPredictions: Int? { get }

  /// The model that is compared with; nil for the one that the recipe opened.
  var referenceModel: ModelPath? { get }

  /// Checks settings against the opened model.
  ///
  /// - Parameter opened: The model as it was opened.
  /// - Throws: `ParameterProblem` that names a setting, such as that of a model of another vocabulary.
  func validate(for opened: LanguageModel) throws(ParameterProblem)

  /// Named numbers, all of them finite.
  ///
  /// - Parameters:
  ///   - model: The model that is measured.
  ///   - tokens: The data.
  ///   - reference: What the other model predicts at each target of the data.
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
  /// The opened one.
  public var referenceModel: ModelPath? { nil }

  /// Nothing to check.
  public func validate(for opened: LanguageModel) throws(ParameterProblem) {}

  /// Refuses to measure a model by itself.
  public func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    throw DataError(
      "needs what another model predicts, and can be measured by `evaluate` only"
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
