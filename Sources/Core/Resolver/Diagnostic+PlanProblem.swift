public import BillhookRecipe

extension Diagnostic {
  /// A statement that failed while it ran.
  public init(_ error: StepError) {
    self.init(code: "E0401", severity: .error, message: error.message, span: error.span)
  }

  /// A problem with its place, in words.
  init(_ problem: PlanProblem, at span: SourceSpan) {
    self.init(
      code: problem.code,
      severity: problem.isWarning ? .warning : .error,
      message: problem.message,
      span: span,
      label: problem.label,
      notes: problem.notes.map { Note($0.text, at: $0.span) },
      fix: problem.suggestion.map { Fix(span: span, replacement: $0) }
    )
  }
}
