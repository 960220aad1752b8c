extension Value {
  /// The value as `{{ }}` writes it: Python's `str`.
  var text: String {
    switch self {
    case .undefined: ""
    case .string(let value): value
    default: representation
    }
  }

  /// The value as it is written inside of a list: Python's `repr`.
  var representation: String {
    switch self {
    case .undefined: "Undefined"
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .float(let value): value.pythonText
    case .string(let value): value.pythonRepresentation
    case .list(let values): "[" + values.map(\.representation).joined(separator: ", ") + "]"
    case .tuple(let values):
      "(" + values.map(\.representation).joined(separator: ", ") + (values.count == 1 ? ",)" : ")")
    case .dictionary(let value):
      "{"
        + value.entries.map { "\($0.key.representation): \($0.value.representation)" }
        .joined(separator: ", ") + "}"
    case .namespace: "<Namespace>"
    case .loop: "<LoopContext>"
    case .macro: "<Macro>"
    case .function, .method: "<function>"
    }
  }
}

extension Double {
  /// Python's `repr` of a float: the shortest digits that give it back.
  var pythonText: String {
    guard isFinite else { return isNaN ? "nan" : self < 0 ? "-inf" : "inf" }
    let written = "\(magnitude)"
    let parts = written.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? String(mantissa[1]) : ""
    var digits = String(mantissa[0]) + fraction
    // The decimal point is after so many digits.
    var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    let zeros = digits.prefix { $0 == "0" }.count
    digits = String(digits.dropFirst(zeros))
    point -= zeros
    while digits.last == "0" { digits.removeLast() }
    let sign = self.sign == .minus ? "-" : ""
    guard !digits.isEmpty else { return sign + "0.0" }
    if point > 16 || point < -3 {
      let exponent = point - 1
      let size = String(exponent.magnitude)
      return sign + digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e"
        + (exponent < 0 ? "-" : "+") + (size.count < 2 ? "0" : "") + size
    }
    if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
    if digits.count <= point {
      return sign + digits + String(repeating: "0", count: point - digits.count) + ".0"
    }
    return sign + digits.prefix(point) + "." + digits.dropFirst(point)
  }
}

extension String {
  /// Python's `repr` of a string.
  var pythonRepresentation: String {
    let scalars = unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    var text = String.UnicodeScalarView()
    text.append(quote)
    for scalar in scalars {
      switch scalar {
      case "\\", quote: text.append(contentsOf: ["\\", scalar])
      case "\n": text.append(contentsOf: "\\n".unicodeScalars)
      case "\r": text.append(contentsOf: "\\r".unicodeScalars)
      case "\t": text.append(contentsOf: "\\t".unicodeScalars)
      default:
        if scalar.isPythonPrintable {
          text.append(scalar)
        } else {
          text.append(contentsOf: scalar.pythonEscape.unicodeScalars)
        }
      }
    }
    text.append(quote)
    return String(text)
  }
}

extension Unicode.Scalar {
  fileprivate var isPythonPrintable: Bool {
    if self == " " { return true }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  fileprivate var pythonEscape: String {
    func padded(_ width: Int) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    if value < 0x100 { return "\\x" + padded(2) }
    return value < 0x10000 ? "\\u" + padded(4) : "\\U" + padded(8)
  }
}
