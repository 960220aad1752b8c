import BillhookModels

/// The objective that a training minimises.
protocol TrainingObjective {
  /// The models to learn from, in addition to the data.
  var models: [LanguageModel] { get }

  /// The objective for one batch, after computing what it needs beforehand, such as a teacher's
  /// outputs.
  func prepared(for batch: TokenBatch, _ context: RunContext) throws -> any BatchObjective
}

/// The next-token loss: cross entropy.
struct NextToken: TrainingObjective {
  var models: [LanguageModel] { [] }

  func prepared(for batch: TokenBatch, _ context: RunContext) -> any BatchObjective {
    CrossEntropy()
  }
}
