/// The syntax tree of a recipe, with the comments a formatter has to keep.
public struct Recipe: Sendable {
  /// The text that was parsed.
  public let source: SourceText
  /// The statements outside all braces, in order.
  public let statements: [Statement]
  /// All comments, in order.
  public let comments: [Comment]
}

/// A comment: `#` up to the end of the line.
public struct Comment: Sendable, Equatable {
  /// The text of the comment with its `#`, without the line end.
  public let text: String
  /// Its span in the source.
  public let span: SourceSpan
}

/// A bare word and its span.
public struct Word: Sendable, Equatable {
  /// The word.
  public let text: String
  /// Its span in the source.
  public let span: SourceSpan

  /// Makes a word with its span.
  public init(text: String, span: SourceSpan) {
    self.text = text
    self.span = span
  }
}
