import BillhookRecipe

/// A table in Markdown; its first row is the head.
package struct MarkdownTable {
  /// The lines of the table.
  package let lines: [String]

  /// A table of cells that are Markdown already; from one column on they are aligned as numbers are.
  package init(_ rows: [[String]], numbersFrom first: Int? = nil) {
    let rule = rows.prefix(1).map { $0.indices.map { $0 >= first ?? .max ? "---:" : "---" } }
    lines = (rows.prefix(1) + rule + rows.dropFirst())
      .map { "| " + $0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |" }
  }

  /// The lines as one text.
  package var text: String { lines.joined(separator: "\n") }
}

extension String {
  /// The text as Markdown that shows it: nothing in it is markup, HTML or the end of a line.
  ///
  /// `|` is left to the table, which needs it escaped in code as well.
  package var asMarkdown: String {
    let characters = Array(printable)
    var result = ""
    for (index, character) in characters.enumerated() {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "[", "]", "~", "$", "#", "!": result += "\\\(character)"
      case "_":
        // Inside of a word it is no markup, and names of plugins have it there.
        let isInside = [index - 1, index + 1].allSatisfy { place in
          characters.indices.contains(place) && characters[place].isLetter
        }
        result += isInside ? "_" : "\\_"
      default: result.append(character)
      }
    }
    return result
  }
}
