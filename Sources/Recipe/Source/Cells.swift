extension Character {
  /// The number of cells that the character takes in a terminal: two for wide ones, none for a mark
  /// on its own.
  package var cells: Int {
    guard let first = unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    // A variation selector asks for the emoji form of a character that is otherwise narrow.
    let isPicture = first.properties.isEmoji && unicodeScalars.contains("\u{FE0F}")
    return first.isWide || isPicture ? 2 : 1
  }
}

extension String {
  /// The number of cells that the text takes on one line of a terminal.
  package var cells: Int { reduce(0) { $0 + $1.cells } }

  /// The text with spaces after it, up to a width.
  package func padded(toCells width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - cells))
  }

  /// The text, cut off with an ellipsis where it is wider than `width` cells.
  package func clipped(toCells width: Int) -> String {
    guard cells > width else { return self }
    guard width > 0 else { return "" }
    return String(prefix(ofCells: width - 1)) + "…"
  }

  /// The text on lines of at most `width` cells, broken at spaces, and inside words that are longer
  /// than a line.
  ///
  /// - Parameters:
  ///   - width: The cells of a line.
  ///   - indent: The beginning of every line except the first.
  /// - Returns: The lines, at least one.
  package func wrapped(toCells width: Int, indent: String = "") -> [String] {
    guard cells > width else { return [self] }
    var lines: [String] = []
    var line = ""
    // Whether the line holds more than its indentation.
    var hasWord = false
    for word in split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
      if hasWord, line.cells + 1 + word.cells > width {
        lines.append(line)
        (line, hasWord) = (indent, false)
        // Further spaces at the end of a line are dropped.
        if word.isEmpty { continue }
      }
      line += hasWord ? " " : ""
      var rest = word
      while line.cells + rest.cells > width {
        let part = rest.prefix(ofCells: max(1, width - line.cells))
        lines.append(line + part)
        line = indent
        rest.removeFirst(max(1, part.count))
      }
      line += rest
      hasWord = true
    }
    return hasWord ? lines + [line] : lines
  }

  private func prefix(ofCells width: Int) -> Substring {
    var end = startIndex
    var room = width
    while end < endIndex {
      room -= self[end].cells
      if room < 0 { break }
      end = index(after: end)
    }
    return self[..<end]
  }
}

extension Unicode.Scalar {
  /// Whether terminals give a character that starts with this scalar two cells.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      true
    default: properties.isEmojiPresentation
    }
  }
}
