import BillhookCore

/// A text with places for the fields of a row: `Question: {goal}`.
///
/// `{choices.text}` is a field of a field, `{choices.0}` an element of a list. `{subject|spaced}` is a
/// field after an operation. `{{` and `}}` stand for braces.
struct TaskTemplate: Sendable, Equatable, ExpressibleByStringLiteral {
  private enum Part {
    case text(String)
    case field(String, [TextOperation])
  }

  private let source: String
  /// What is done with the whole text once it is filled.
  private let operations: [TextOperation]

  /// A template; whether it can be read, `check` says.
  init(_ source: String, then operations: TextOperation...) {
    self.source = source
    self.operations = operations
  }

  /// A template.
  init(stringLiteral source: String) { self.init(source) }

  /// Checks that the template can be read.
  ///
  /// - Throws: `TemplateError` that says what is wrong.
  func check() throws(TemplateError) { _ = try parts() }

  private func parts() throws(TemplateError) -> [Part] {
    var parts: [Part] = []
    var text = ""
    var rest = source[...]
    while let character = rest.popFirst() {
      let isDoubled = rest.first == character
      switch character {
      case "{" where isDoubled, "}" where isDoubled:
        text.append(character)
        rest.removeFirst()
      case "}":
        throw TemplateError("`}` closes nothing; `}}` stands for a brace")
      case "{":
        guard let end = rest.firstIndex(of: "}") else {
          throw TemplateError("`{` is not closed; `{{` stands for a brace")
        }
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(try Self.field(rest[..<end]))
        rest = rest[rest.index(after: end)...]
      default: text.append(character)
      }
    }
    return text.isEmpty ? parts : parts + [.text(text)]
  }

  private static func field(_ place: Substring) throws(TemplateError) -> Part {
    let words = place.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard let name = words.first, !name.isEmpty else {
      throw TemplateError("`{\(place)}` names no field")
    }
    var operations: [TextOperation] = []
    for word in words.dropFirst() {
      guard let operation = TextOperation(rawValue: word) else {
        let known = TextOperation.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        throw TemplateError("`{\(place)}` names no operation after the `|`; there are \(known)")
      }
      operations.append(operation)
    }
    return .field(name, operations)
  }

  /// The text for a row.
  ///
  /// - Throws: `DataError` that names the line and the field that it lacks.
  func text(of row: TaskRow) throws(DataError) -> String {
    let parts: [Part]
    do { parts = try self.parts() } catch { throw DataError(error.message) }
    var filled = ""
    for part in parts {
      switch part {
      case .text(let text): filled += text
      case .field(let name, let operations):
        filled += try operations.apply(to: row.text(name), of: row)
      }
    }
    return try operations.apply(to: filled, of: row)
  }
}

/// What is wrong with a template.
struct TemplateError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
