/// The text of parts of a recipe on one line, with normalised spaces.
struct InlineText {
  let source: SourceText

  func text(of value: Value) -> String {
    switch value.kind {
    case .list(let elements): "[" + elements.map(text).joined(separator: ", ") + "]"
    case .range(let lower, let upper): text(of: lower) + ".." + text(of: upper)
    case .end(let end, let count): end.rawValue + " " + text(of: count)
    default: source.text(in: value.span)
    }
  }

  func text(of entry: Entry, padding: Int = 0) -> String {
    switch entry {
    case .setting(let setting):
      head(of: entry, padding: padding) + " " + text(of: setting.value)
    case .clause(let statement):
      ([head(of: entry, padding: padding)] + statement.arguments.map(text)
        + [statement.dataset.map(dataset), statement.body.map(text)].compactMap(\.self))
        .joined(separator: " ")
    }
  }

  func text(of body: Body) -> String {
    guard !body.entries.isEmpty else { return "{}" }
    return "{ " + body.entries.map { text(of: $0) }.joined(separator: ", ") + " }"
  }

  func dataset(_ value: Value) -> String { "on " + text(of: value) }

  /// The text before the values of an entry: `by`, `rank =`, `let cut =`.
  ///
  /// - Parameters:
  ///   - entry: The setting or statement.
  ///   - padding: The spaces that align its values with those above and below.
  /// - Returns: The words with the padding and the `=`.
  func head(of entry: Entry, padding: Int) -> String {
    let spaces = String(repeating: " ", count: padding)
    return switch entry {
    case .setting(let setting): setting.name.text + spaces + " ="
    case .clause(let statement):
      statement.name.map { "\(statement.keyword.text) \($0.text)\(spaces) =" }
        ?? statement.keyword.text + spaces
    }
  }
}
