/// The one shape of a recipe: `keyword {argument} [on DATASET] [{ … }]`.
///
/// `let NAME = value` and `data NAME = plugin {argument} [{ … }]` are statements with a name.
public struct Statement: Sendable {
  /// The first word.
  public let keyword: Word
  /// The name that a `let` or `data` defines; nil for all others.
  public let name: Word?
  /// The values after the keyword.
  ///
  /// A `let` has exactly one; a `data` has its plugin first.
  public let arguments: [Value]
  /// The data set after `on`: a word or a variable.
  public let dataset: Value?
  /// The part in braces.
  public let body: Body?
  /// From the keyword to the last argument or the closing brace.
  public let span: SourceSpan
}

/// The part of a statement between its braces.
public struct Body: Sendable {
  /// Settings and clauses in the order of the text.
  public let entries: [Entry]
  /// From the opening to the closing brace.
  public let span: SourceSpan

  /// Makes a body with some entries.
  public init(entries: [Entry], span: SourceSpan) {
    self.entries = entries
    self.span = span
  }

  /// The settings, in order.
  public var settings: [Setting] {
    entries.compactMap { entry in
      if case .setting(let setting) = entry { setting } else { nil }
    }
  }

  /// The clauses, in order.
  public var clauses: [Statement] {
    entries.compactMap { entry in
      if case .clause(let clause) = entry { clause } else { nil }
    }
  }
}

/// One entry of a body.
public enum Entry: Sendable {
  /// `name = value`.
  case setting(Setting)
  /// A statement inside braces.
  case clause(Statement)
}

/// A setting: `name = value`.
public struct Setting: Sendable {
  /// The name before the `=`.
  public let name: Word
  /// The value after the `=`.
  public let value: Value
  /// From the name to the end of the value.
  public let span: SourceSpan
}
