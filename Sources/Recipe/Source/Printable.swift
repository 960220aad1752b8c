extension Unicode.Scalar {
  /// Whether the scalar controls a terminal or reorders text instead of showing something.
  package var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension String {
  /// The text on one line, safe for a terminal.
  package var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n", "\t", "\r": result.append(" ")
      default: result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
      }
    }
    return result
  }

  /// The text with an ellipsis where it is longer than `limit` characters.
  func clipped(to limit: Int = 40) -> String {
    guard utf8.count > limit, count > limit else { return self }
    return String(prefix(limit - 1)) + "…"
  }
}
