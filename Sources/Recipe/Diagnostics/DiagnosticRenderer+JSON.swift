extension DiagnosticRenderer {
  func json(_ diagnostic: Diagnostic) -> JSON {
    .object([
      ("code", .string(diagnostic.code)),
      ("severity", .string(diagnostic.severity.rawValue)),
      ("message", .string(diagnostic.message)),
      ("file", .string(source.name)),
      ("span", json(diagnostic.span)),
      ("label", diagnostic.label.map { .string($0) } ?? .null),
      ("notes", .array(diagnostic.notes.map(json))),
      ("fix", diagnostic.fix.map(json) ?? .null),
    ])
  }

  private func json(_ note: Note) -> JSON {
    .object([("message", .string(note.message)), ("span", note.span.map(json) ?? .null)])
  }

  private func json(_ fix: Fix) -> JSON {
    .object([("span", json(fix.span)), ("replacement", .string(fix.replacement))])
  }

  private func json(_ span: SourceSpan) -> JSON {
    let start = source.location(of: span.start)
    let end = source.location(of: span.end)
    return .object([
      ("start", .number(span.start)),
      ("end", .number(span.end)),
      ("line", .number(start.line)),
      ("column", .number(start.column)),
      ("end_line", .number(end.line)),
      ("end_column", .number(end.column)),
    ])
  }
}

/// The part of JSON that diagnostics need; members keep their order.
indirect enum JSON {
  case null
  case number(Int)
  case string(String)
  case array([JSON])
  case object([(String, JSON)])

  var text: String {
    switch self {
    case .null: "null"
    case .number(let number): String(number)
    case .string(let string): Self.quoted(string)
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ",") + "]"
    case .object(let members):
      "{" + members.map { Self.quoted($0) + ":" + $1.text }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.isControl:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
