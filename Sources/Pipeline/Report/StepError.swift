import BillhookCore
package import BillhookRecipe

/// A statement of a recipe that could not be carried out.
package struct StepError: Error, Equatable, Sendable {
  /// The statement.
  package let span: SourceSpan
  /// The name of the stage that failed, in progress and journal; nil before all stages.
  package let stage: String?
  /// What went wrong, with the plugin in which it did.
  package let message: String
  /// The branches that it stands in, from the outermost.
  package let branches: [Branch]
}
