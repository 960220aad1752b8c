import BillhookEngine
public import BillhookModels

/// Trains a model, usually to bring back what pruning took away.
public protocol Recovery: Plugin {
  /// The model after training on the data.
  ///
  /// New weights lie in the context's folder: `Training` and `Traversal.sequential` put them there.
  func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RecoveryContext) throws
    -> LanguageModel

  /// Checks what can be known before anything is computed, by the model as it is opened, with masks of
  /// the weights that will have one.
  func validate(for opened: LanguageModel) throws(ParameterProblem)

  /// Why the model cannot be saved after the training, and what to do; nil where it can.
  ///
  /// - Parameter model: The model before the training; of masks it may be known only which weights have
  ///   one.
  /// - Returns: A sentence.
  func obstacleToSaving(_ model: LanguageModel) -> String?

  /// What is in the way of what a recipe asks for in addition to the model, and what to do; nil where nothing
  /// is, and where only the run tells.
  ///
  /// - Parameters:
  ///   - model: The model before the training.
  ///   - bases: The directories of which one may hold it by then.
  ///   - isCertain: Whether the model has the shapes that it will have; where scores decide what goes, others
  ///     may be left.
  /// - Returns: The setting at fault, and why.
  func obstacleToExport(
    _ model: LanguageModel,
    savedAs bases: Set<String>,
    isCertain: Bool
  ) -> ParameterProblem?

  /// Writes what a recipe asks for in addition to the model, whether the model was trained now or
  /// in an earlier run.
  func export(_ trained: LanguageModel, from model: LanguageModel, _ context: RecoveryContext)
    throws
}

extension Recovery {
  /// Recoveries are named after `recover`.
  public static var kind: PluginKind { .recovery }

  /// Nothing to check.
  public func validate(for opened: LanguageModel) throws(ParameterProblem) {}

  /// It can be saved.
  public func obstacleToSaving(_ model: LanguageModel) -> String? { nil }

  /// Nothing is in the way.
  public func obstacleToExport(
    _ model: LanguageModel,
    savedAs bases: Set<String>,
    isCertain: Bool
  ) -> ParameterProblem? { nil }

  /// Nothing to write.
  public func export(
    _ trained: LanguageModel,
    from model: LanguageModel,
    _ context: RecoveryContext
  ) throws {}
}
