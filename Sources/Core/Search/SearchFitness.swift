package import BillhookEngine
import BillhookModels

/// What the candidates of a search are compared by, where that is not their mean loss: the main metric of
/// an evaluation.
package struct SearchFitness: Sendable {
  /// What measures a candidate.
  package let evaluation: any Evaluation
  /// All of its data, on which every candidate is measured; nothing for what measures a model by itself.
  package let tokens: TokenSet
  /// What the opened model predicts of the data; nil for an evaluation that compares with nothing.
  package let reference: StoredPredictions?

  package init(
    _ evaluation: any Evaluation,
    on tokens: TokenSet,
    beside reference: StoredPredictions? = nil
  ) {
    self.evaluation = evaluation
    self.tokens = tokens
    self.reference = reference
  }

  /// The main metric of a model; its value is NaN or infinite where the model gave no number.
  ///
  /// - Throws: `PluginError` for an evaluation without metrics, and what measuring throws.
  func metric(of model: LanguageModel, _ context: RunContext) throws -> Metric {
    let metrics = try evaluation.answer {
      if let reference, let evaluation = evaluation as? any ReferenceEvaluation {
        return try evaluation.measure(model, on: tokens, beside: reference, context)
      }
      return try evaluation.measure(model, on: tokens, context)
    }
    guard let main = metrics.first else {
      throw PluginError(evaluation, "gave no metric that candidates could be compared by")
    }
    return main
  }

  /// A value of the metric as a loss: the lower, the better; and a loss as a value again.
  func loss(_ value: Double) -> Double { evaluation.direction == .lower ? value : -value }
}
