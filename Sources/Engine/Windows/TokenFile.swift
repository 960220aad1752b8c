/// The text form of token windows: one window per line, ids separated by spaces.
///
/// Ids before a `|` are context: the model sees them, and the loss counts only those after it, up to
/// the next `|`, after which context follows again. Without a `|` it counts all except the first, which
/// nothing predicts. A `/` separates texts that do not see each other.
public enum TokenFile {
  /// Writes windows.
  public static func text(_ tokens: TokenSet) -> String {
    tokens.windows.map { line($0) + "\n" }.joined()
  }

  private static func line(_ window: TokenWindow) -> String {
    var start = 0
    let texts = (window.texts.isEmpty ? [window.tokens.count] : window.texts).map { length in
      defer { start += length }
      return start..<start + length
    }
    return texts.map { text in
      let counted = window.counted.map { $0.clamped(to: text) }.filter { !$0.isEmpty }
      // Everything after the first token counts.
      let isWhole = counted == [text.lowerBound + 1..<max(text.lowerBound + 1, text.upperBound)]
      var bars: Set<Int> = isWhole ? [] : counted.isEmpty ? [text.upperBound] : []
      if !isWhole {
        for range in counted { bars.formUnion([range.lowerBound, range.upperBound]) }
        if !counted.isEmpty { bars.remove(text.upperBound) }
      }
      var words: [String] = []
      for place in text {
        if bars.contains(place) { words.append("|") }
        words.append(String(window.tokens[place]))
      }
      if bars.contains(text.upperBound) { words.append("|") }
      return words.joined(separator: " ")
    }.joined(separator: " / ")
  }

  /// Reads windows.
  ///
  /// - Throws: `DataError` with the line that is not a list of ids.
  public static func documents(_ text: String) throws(DataError) -> [Document] {
    var documents: [Document] = []
    let (feed, carriage) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    let lines = text.utf8.split(separator: feed, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      // Some files have carriage returns in the place of line feeds.
      for line in line.split(separator: carriage) {
        let parts = line.split(whereSeparator: isBlank)
        guard !parts.isEmpty else { continue }
        let texts = parts.split(omittingEmptySubsequences: false) { $0.elementsEqual("/".utf8) }
          .map(Self.counted)
        let found = texts.compactMap(\.self)
        guard found.count == texts.count else {
          throw DataError(
            "line \(number + 1) is not a list of token ids: expected whole numbers from 0 separated by "
              + "spaces, a `|` after those that are context only and one where context follows again, "
              + "and a `/` between texts"
          )
        }
        if found.count == 1, found[0].bars.count <= 1 {
          documents.append(.tokens(found[0].ids, firstTarget: found[0].bars.first ?? 1))
        } else {
          documents.append(.window(TokenWindow(packing: found.map(\.window))))
        }
      }
    }
    return documents
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  /// A text of a line: its ids, and before which of them there are bars.
  private struct Text {
    var ids: [Int] = []
    var bars: [Int] = []

    var window: TokenWindow {
      var counts = [Bool](repeating: bars.isEmpty, count: ids.count)
      for (number, bar) in bars.enumerated() where number.isMultiple(of: 2) {
        let end = number + 1 < bars.count ? bars[number + 1] : ids.count
        for place in bar..<end { counts[place] = true }
      }
      return TokenWindow(ids, counting: counts)
    }
  }

  /// Reads a text; nil for something else, and for nothing.
  private static func counted(_ parts: ArraySlice<Substring.UTF8View>) -> Text? {
    var text = Text()
    for part in parts {
      if part.elementsEqual("|".utf8) {
        text.bars.append(text.ids.count)
      } else if let id = Int(Substring(part)), id >= 0 {
        text.ids.append(id)
      } else {
        return nil
      }
    }
    return text.ids.isEmpty ? nil : text
  }
}
