/// How `tojson` writes values: Python's `json.dumps`.
struct JSONStyle {
  /// What stands before each value of a list, once for each level; nil for everything on one line.
  var indent: String?
  var isASCII = false
  var sortsKeys = false
  var itemSeparator = ", "
  var keySeparator = ": "
}

extension Value {
  /// Writes the value as JSON.
  ///
  /// - Returns: What it holds that JSON has no form for; nil where all is written.
  func write(_ style: JSONStyle, depth: Int = 0, to text: inout String) -> Value? {
    switch self {
    case .none: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .float(let value):
      text +=
        value.isFinite
        ? value.pythonText : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    case .string(let value): value.writeJSON(style, to: &text)
    case .list(let values), .tuple(let values):
      guard !values.isEmpty else {
        text += "[]"
        return nil
      }
      text += "["
      for (index, value) in values.enumerated() {
        Self.separate(index, style, depth + 1, &text)
        if let wrong = value.write(style, depth: depth + 1, to: &text) { return wrong }
      }
      Self.end(style, depth, &text)
      text += "]"
    case .dictionary(let value):
      guard !value.entries.isEmpty else {
        text += "{}"
        return nil
      }
      var entries = value.entries
      if style.sortsKeys { entries.sort { $0.key.precedes($1.key) ?? false } }
      text += "{"
      for (index, entry) in entries.enumerated() {
        guard let key = entry.key.jsonKey else { return entry.key }
        Self.separate(index, style, depth + 1, &text)
        key.writeJSON(style, to: &text)
        text += style.keySeparator
        if let wrong = entry.value.write(style, depth: depth + 1, to: &text) { return wrong }
      }
      Self.end(style, depth, &text)
      text += "}"
    case .undefined, .namespace, .loop, .macro, .function, .method: return self
    }
    return nil
  }

  private var jsonKey: String? {
    switch self {
    case .string(let value): value
    case .none: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .float(let value): value.pythonText
    default: nil
    }
  }

  private static func separate(
    _ index: Int,
    _ style: JSONStyle,
    _ depth: Int,
    _ text: inout String
  ) {
    if index > 0 { text += style.itemSeparator }
    if let indent = style.indent { text += "\n" + String(repeating: indent, count: depth) }
  }

  private static func end(_ style: JSONStyle, _ depth: Int, _ text: inout String) {
    if let indent = style.indent { text += "\n" + String(repeating: indent, count: depth) }
  }
}

extension String {
  fileprivate func writeJSON(_ style: JSONStyle, to text: inout String) {
    func escape(_ unit: UInt16) {
      let digits = String(unit, radix: 16)
      text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
    text += "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{8}": text += "\\b"
      case "\u{C}": text += "\\f"
      default:
        if scalar.value < 0x20 || style.isASCII && scalar.value >= 0x7F {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }
}
