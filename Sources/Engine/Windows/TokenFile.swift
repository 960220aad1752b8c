/// The text form of token windows: one window per line, ids separated by spaces.
///
/// Ids before a `|` are context: the model sees them, and the loss counts only those after it.
/// Without a `|` it counts all except the first, which nothing predicts.
public enum TokenFile {
  /// Writes windows.
  public static func text(_ tokens: TokenSet) -> String {
    tokens.windows.map { window in
      var ids = window.tokens.map(String.init)
      if window.firstTarget > 1 { ids.insert("|", at: min(window.firstTarget, ids.count)) }
      return ids.joined(separator: " ") + "\n"
    }.joined()
  }

  /// Reads windows.
  ///
  /// - Throws: `DataError` with the line that is not a list of ids.
  public static func documents(_ text: String) throws(DataError) -> [Document] {
    var documents: [Document] = []
    // A carriage return and a line feed are one `Character`, which is not "\n".
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (number, line) in lines.enumerated() {
      let parts = line.split(whereSeparator: \.isWhitespace)
      guard !parts.isEmpty else { continue }
      let bar = parts.firstIndex(of: "|")
      let ids = parts.filter { $0 != "|" }.map { Int($0) }
      let known = ids.compactMap { $0 }.filter { $0 >= 0 }
      guard known.count == parts.count - (bar == nil ? 0 : 1) else {
        throw DataError(
          "line \(number + 1) is not a list of token ids: expected whole numbers from 0 separated by "
            + "spaces, and at most one `|` after those that are context only"
        )
      }
      documents.append(.tokens(known, firstTarget: bar ?? 1))
    }
    return documents
  }
}
