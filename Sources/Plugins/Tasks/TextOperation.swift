import BillhookCore

/// What a task does with the text of a field before a model reads it.
enum TextOperation: String, Sendable, CaseIterable {
  /// White space at both ends goes.
  case stripped
  /// The first letter is upper case, all others lower case.
  case capitalised
  /// Underscores are spaces.
  case spaced
  /// What stands before the first underscore.
  case beforeBlank = "before_blank"
  /// What stands after it, without white space at both ends.
  case afterBlank = "after_blank"
  /// HellaSwag's cleaning: white space at both ends goes, ` [title]` is a full stop, other brackets go
  /// with what is in them, two spaces are one.
  case withoutBrackets = "without_brackets"

  /// Why it cannot be done with a text; nil where it can.
  func problem(with text: String) -> String? {
    switch self {
    case .beforeBlank, .afterBlank:
      text.unicodeScalars.contains("_")
        ? nil : "has no blank, `_`, that an answer could stand for"
    case .stripped, .capitalised, .spaced, .withoutBrackets: nil
    }
  }

  /// The text afterwards.
  func apply(to text: String) -> String {
    switch self {
    case .stripped: text.strippedAsInPython
    case .capitalised: text.capitalisedAsInPython
    case .spaced: text.replacingScalars("_", with: " ")
    case .beforeBlank: text.halves(at: "_").before
    case .afterBlank: text.halves(at: "_").after.strippedAsInPython
    case .withoutBrackets:
      text.strippedAsInPython.replacingScalars(" [title]", with: ". ").withoutBrackets
        .replacingScalars("  ", with: " ")
    }
  }
}

extension [TextOperation] {
  /// The text of a row after one operation after the other.
  ///
  /// - Throws: `DataError` that names the line of a text with which one of them cannot be done.
  func apply(to text: String, of row: TaskRow) throws(DataError) -> String {
    var text = text
    for operation in self {
      if let problem = operation.problem(with: text) {
        throw row.failure("\"\(text.shown(atMost: 60))\" \(problem)")
      }
      text = operation.apply(to: text)
    }
    return text
  }
}

extension String {
  /// As `str.strip()`.
  var strippedAsInPython: String {
    let scalars = Array(unicodeScalars)
    guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
      let last = scalars.lastIndex(where: { !$0.isPythonSpace })
    else { return "" }
    return String(scalars[first...last])
  }

  /// As `str.capitalize()`: the first letter in title case, the others in lower case.
  fileprivate var capitalisedAsInPython: String {
    guard let first = unicodeScalars.first else { return self }
    let rest = unicodeScalars.dropFirst()
    // The whole text is made lower case, as what becomes of a final sigma depends on what precedes it.
    let lower = String(String.UnicodeScalarView([first] + rest)).lowercased()
    let start = String(Character(first)).lowercased().unicodeScalars.count
    return first.properties.titlecaseMapping
      + String(String.UnicodeScalarView(lower.unicodeScalars.dropFirst(start)))
  }

  /// The text before and after the first occurrence of a scalar; all of it before where there is none.
  fileprivate func halves(at scalar: Unicode.Scalar) -> (before: String, after: String) {
    guard let place = unicodeScalars.firstIndex(of: scalar) else { return (self, "") }
    let after = unicodeScalars.index(after: place)
    return (String(unicodeScalars[..<place]), String(unicodeScalars[after...]))
  }

  /// The text with each occurrence of a pattern replaced, scalar by scalar and from the left.
  func replacingScalars(_ pattern: String, with replacement: String) -> String {
    let (scalars, wanted) = (Array(unicodeScalars), Array(pattern.unicodeScalars))
    guard !wanted.isEmpty else { return self }
    var result = String.UnicodeScalarView()
    var place = 0
    while place < scalars.count {
      if scalars[place...].starts(with: wanted) {
        result.append(contentsOf: replacement.unicodeScalars)
        place += wanted.count
      } else {
        result.append(scalars[place])
        place += 1
      }
    }
    return String(result)
  }

  /// As `re.sub(r"\[.*?\]", "", text)`: brackets go that are closed in the same line.
  fileprivate var withoutBrackets: String {
    let scalars = Array(unicodeScalars)
    var result = String.UnicodeScalarView()
    var place = 0
    while place < scalars.count {
      if scalars[place] == "[",
        let end = scalars[place...].firstIndex(where: { $0 == "]" || $0 == "\n" }),
        scalars[end] == "]"
      {
        place = end + 1
      } else {
        result.append(scalars[place])
        place += 1
      }
    }
    return String(result)
  }
}

extension String {
  fileprivate init(_ scalars: some Sequence<Unicode.Scalar>) {
    var view = UnicodeScalarView()
    view.append(contentsOf: scalars)
    self = String(view)
  }
}
