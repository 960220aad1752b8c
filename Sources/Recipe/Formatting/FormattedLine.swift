/// A line of a formatted recipe.
struct FormattedLine {
  /// The spaces before the text.
  let indent: Int
  /// The line without its indentation and its trailing comment; empty for a blank line.
  var text = ""
  /// The comment after the text.
  var comment: TrailingComment?

  /// A comment that follows something else on its line, with its original position.
  struct TrailingComment {
    let text: String
    /// The column that it started at.
    let column: Int
    /// The number of blanks before it.
    let gap: Int
  }

  var columns: Int { indent + text.columns }

  /// The lines as a text; comments on consecutive lines stay aligned where they were.
  static func text(of lines: [FormattedLine]) -> String {
    var result = ""
    var index = 0
    while index < lines.count {
      let run = lines[index...].prefix { $0.comment != nil }
      let comments = run.compactMap(\.comment)
      let column = isAligned(comments) ? run.map(\.columns).max() : nil
      for line in run { result += line.text(commentAt: column) }
      index += run.count
      if index < lines.count { result += lines[index].text(commentAt: nil) }
      index += 1
    }
    return result
  }

  /// Whether the author moved a comment to the column of another.
  private static func isAligned(_ comments: [TrailingComment]) -> Bool {
    var counts: [Int: Int] = [:]
    for comment in comments { counts[comment.column, default: 0] += 1 }
    return comments.contains { $0.gap > 1 && counts[$0.column, default: 0] > 1 }
  }

  private func text(commentAt column: Int?) -> String {
    guard !text.isEmpty else { return "\n" }
    let start = String(repeating: " ", count: indent) + text
    guard let comment else { return start + "\n" }
    let gap = column.map { $0 - columns } ?? 0
    return start + String(repeating: " ", count: gap + 1) + comment.text + "\n"
  }
}

extension String {
  /// The width in columns, counted in characters.
  var columns: Int { utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count }
}
