extension String {
  /// The text on one line of bounded length, without characters that would control a terminal or
  /// reorder text.
  public func shown(atMost limit: Int) -> String {
    var result = ""
    for (index, scalar) in unicodeScalars.enumerated() {
      guard index < limit else { return result + "…" }
      result.unicodeScalars.append(scalar.isControl ? "\u{FFFD}" : scalar)
    }
    return result
  }
}

extension Unicode.Scalar {
  /// Whether the scalar controls a terminal or reorders text instead of showing something.
  var isControl: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
