import BillhookPipeline
import BillhookRecipe

extension Diagnostic {
  /// A problem with its place, in words.
  ///
  /// - Parameters:
  ///   - problem: What is wrong.
  ///   - span: Where.
  ///   - written: What stands there, where a suggestion could stand instead; else nil.
  ///   - definition: Where the value at that place comes from, when it comes from elsewhere.
  init(
    _ problem: RecipeProblem,
    at span: SourceSpan,
    written: String? = nil,
    definition: Note? = nil
  ) {
    self.init(
      code: problem.code.rawValue,
      severity: problem.isWarning ? .warning : .error,
      message: problem.message,
      span: span,
      label: problem.label,
      notes: problem.notes + (definition.map { [$0] } ?? []),
      fix: written.flatMap { problem.replacement(of: $0) }.map { Fix(span: span, replacement: $0) }
    )
  }
}
