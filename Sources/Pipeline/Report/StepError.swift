import BillhookCore
package import BillhookRecipe

/// A statement of a recipe that could not be carried out.
package struct StepError: Error, Equatable, Sendable {
  /// The statement.
  package let span: SourceSpan
  /// What the stage is called that failed, in progress and journal; nil in front of all stages.
  package let stage: String?
  /// What went wrong, with the plugin in which it did.
  package let message: String
  /// The branches that it stands in, from the outermost.
  package let branches: [Branch]
}
