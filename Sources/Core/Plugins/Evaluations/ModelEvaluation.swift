import BillhookEngine
public import BillhookModels
public import BillhookTorch

/// Measures a model by itself, without data: `evaluate NAME` with no `on`.
public protocol ModelEvaluation: Evaluation {
  /// Whether the result depends on the machine; it is then reused only on the machine that measured
  /// it.
  static var isOfMachine: Bool { get }

  /// Named numbers, all of them finite.
  func measure(_ model: LanguageModel, _ context: RunContext) throws -> [Metric]

  /// Checks that the settings fit the model that a recipe opens.
  ///
  /// - Throws: `ParameterProblem`.
  func validate(for model: LanguageModel) throws(ParameterProblem)

  /// The bytes of memory that measuring takes at its peak on a CPU, not counting the program
  /// itself.
  func memory(of model: LanguageModel, dtype: DType) -> Int
}

extension ModelEvaluation {
  /// The same on every machine.
  public static var isOfMachine: Bool { false }

  /// Measures the model, and ignores the data.
  public func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    try measure(model, context)
  }

  /// Nothing to check.
  public func validate(for model: LanguageModel) throws(ParameterProblem) {}
}
