import BillhookCore
public import BillhookRecipe

/// A statement of a recipe that could not be carried out.
public struct StepError: Error, Equatable, Sendable {
  /// The statement.
  public let span: SourceSpan
  /// What the stage is called that failed, in progress and journal; nil in front of all stages.
  public let stage: String?
  /// What went wrong, with the plugin in which it did.
  public let message: String
  /// The branches that it stands in, from the outermost.
  public let branches: [Branch]
}
