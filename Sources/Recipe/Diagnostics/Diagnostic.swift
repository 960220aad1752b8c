/// A message about a place in a source.
public struct Diagnostic: Error, Sendable, Equatable {
  /// The stable code, such as `E0008`; `billhook explain` says more about it.
  public let code: String
  /// How bad it is.
  public let severity: Severity
  /// What is wrong: lower case, no final period, source text in backticks.
  public let message: String
  /// The place in the source.
  public let span: SourceSpan
  /// A few words to show after the carets.
  public let label: String?
  /// Further remarks.
  public let notes: [Note]
  /// A change that would fix the problem.
  public let fix: Fix?

  /// How bad a diagnostic is.
  public enum Severity: String, Sendable, CaseIterable {
    /// The recipe cannot run.
    case error
    /// The recipe can run, though hardly as meant.
    case warning
    /// Worth knowing.
    case note
  }

  /// Makes a diagnostic.
  public init(
    code: String,
    severity: Severity = .error,
    message: String,
    span: SourceSpan,
    label: String? = nil,
    notes: [Note] = [],
    fix: Fix? = nil
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.span = span
    self.label = label
    self.notes = notes
    self.fix = fix
  }
}

/// A remark that belongs to a diagnostic.
public struct Note: Sendable, Equatable {
  /// The remark.
  public let message: String
  /// The place that the remark is about, if there is one.
  public let span: SourceSpan?

  /// Makes a note.
  public init(_ message: String, at span: SourceSpan? = nil) {
    self.message = message
    self.span = span
  }
}

/// A change of the source, which replaces the text of a span.
public struct Fix: Sendable, Equatable {
  /// The span that is replaced; where it is empty, the text is inserted.
  public let span: SourceSpan
  /// The new text.
  public let replacement: String

  /// Makes a fix.
  public init(span: SourceSpan, replacement: String) {
    self.span = span
    self.replacement = replacement
  }
}
