public import BillhookPipeline
public import BillhookRecipe

extension Diagnostic {
  /// A statement that failed while it ran.
  public init(_ error: StepError) {
    self.init(
      code: PlanCode.failedStep.rawValue,
      severity: .error,
      message: error.message,
      span: error.span,
      notes: [
        error.stage.map { "in the stage `\($0)`" },
        error.branches.isEmpty ? nil : "in branch \(error.branches.label)",
      ]
      .compactMap { $0.map { Note($0) } }
    )
  }

  /// A problem with its place, in words.
  ///
  /// - Parameters:
  ///   - problem: What is wrong.
  ///   - span: Where.
  ///   - written: What stands there, where a suggestion could stand instead; else nil.
  ///   - definition: Where the value at that place comes from, when it comes from elsewhere.
  init(
    _ problem: PlanProblem,
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
