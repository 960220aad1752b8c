/// Something to say about a place in a source.
public struct Diagnostic: Error, Sendable, Equatable {
  /// The stable code, such as `E0008`; `billhook explain` tells more about it.
  public let code: String
  /// How bad it is.
  public let severity: Severity
  /// What is wrong: lower case, no final period, source text in backticks.
  public let message: String
  /// The place.
  public let span: SourceSpan
  /// A few words to stand behind the carets.
  public let label: String?
  /// What else helps.
  public let notes: [Note]
  /// A change that would put it right.
  public let fix: Fix?

  /// How bad a diagnostic is.
  public enum Severity: String, Sendable, CaseIterable {
    /// The recipe cannot run.
    case error
    /// The recipe can run, though hardly as meant.
    case warning
    /// Good to know.
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
  /// The place it speaks of, where there is one.
  public let span: SourceSpan?

  /// Makes a note.
  public init(_ message: String, at span: SourceSpan? = nil) {
    self.message = message
    self.span = span
  }
}

/// A change of the source: what stands in the span is replaced.
public struct Fix: Sendable, Equatable {
  /// What is replaced; an empty span is a place to insert at.
  public let span: SourceSpan
  /// The text that takes its place.
  public let replacement: String

  /// Makes a fix.
  public init(span: SourceSpan, replacement: String) {
    self.span = span
    self.replacement = replacement
  }
}
