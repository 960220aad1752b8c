/// A token: its kind and its span.
struct Token: Equatable {
  let kind: Kind
  let span: SourceSpan

  enum Kind: Equatable {
    case word(String)
    case variable(String)
    case number(Number)
    case percentage(Number)
    case quantity(Number, unit: String)
    case ratio(Int, Int)
    case string([StringPart])
    case equals
    case comma
    case leftBrace
    case rightBrace
    case leftBracket
    case rightBracket
    case dots
    /// One or more line ends; blank lines and comments between them count as one.
    case newline
    /// Text that was already reported and whose meaning cannot be guessed.
    case invalid
    case end
  }
}

/// The result of lexing a source.
struct Lexed {
  var tokens: [Token] = []
  var comments: [Comment] = []
  var diagnostics: [Diagnostic] = []
  /// Strings without an end.
  ///
  /// They swallow the rest of their line, closing braces included.
  var openStrings: [SourceSpan] = []
}
