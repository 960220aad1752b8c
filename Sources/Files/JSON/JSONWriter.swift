extension JSON {
  /// The document as text, formatted like Python's `json.dumps(…, ensure_ascii=False)`.
  ///
  /// - Parameters:
  ///   - indent: Spaces per level; nil writes everything on one line.
  ///   - showable: Whether characters that would control a terminal or reorder text are escaped,
  ///     for text that is shown to people.
  /// - Returns: The text, without a newline at its end.
  public func text(indent: Int? = 2, showable: Bool = false) -> String {
    var writer = JSONWriter(
      newline: indent == nil ? nil : "\n",
      step: String(repeating: " ", count: max(0, indent ?? 0)),
      isShowable: showable
    )
    writer.write(self)
    return writer.text
  }
}

/// Writes values one after the other.
struct JSONWriter {
  private(set) var text = ""
  private let step: String
  private let isShowable: Bool
  private var newline: String?

  /// - Parameters:
  ///   - newline: What starts a new line, with the indentation of the value's own line; nil for
  ///     everything on one line.
  ///   - step: What one more level adds to the indentation.
  ///   - isShowable: Whether characters that would control a terminal or reorder text are escaped.
  init(newline: String?, step: String, isShowable: Bool = false) {
    self.newline = newline
    self.step = step
    self.isShowable = isShowable
  }

  mutating func write(_ value: JSON) {
    switch value {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += value.text
    case .string(let value): write(quoted: value)
    case .array(let values):
      list(values, "[", "]") { writer, value in writer.write(value) }
    case .object(let members):
      list(members, "{", "}") { writer, member in
        writer.write(quoted: member.key)
        writer.text += ": "
        writer.write(member.value)
      }
    }
  }

  private mutating func list<Element>(
    _ elements: [Element],
    _ open: String,
    _ close: String,
    _ write: (inout JSONWriter, Element) -> Void
  ) {
    text += open
    defer { text += close }
    guard !elements.isEmpty else { return }

    let outer = newline
    newline = outer.map { $0 + step }
    for (index, element) in elements.enumerated() {
      if index > 0 { text += newline == nil ? ", " : "," }
      text += newline ?? ""
      write(&self, element)
    }
    newline = outer
    text += newline ?? ""
  }

  mutating func write(quoted string: String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      case _ where scalar < " " || isShowable && scalar.isControl:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
