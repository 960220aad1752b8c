/// A table of a page; its first column names the rows.
struct PageTable {
  /// A cell, with the number by which its column is sorted.
  struct Cell {
    let text: String
    let number: Double?

    /// A text.
    init(_ text: String) {
      self.text = text
      number = nil
    }

    /// A number as it is shown; nothing for nil.
    init(_ number: Double?, as text: (Double) -> String) {
      self.number = number.flatMap { $0.isNaN ? nil : $0 }
      self.text = number.map(text) ?? ""
    }
  }

  let heads: [String]
  let rows: [[Cell]]

  /// The table; where it has many columns it scrolls by itself, so that the page does not.
  ///
  /// - Parameters:
  ///   - label: What it shows, for those who hear the page.
  ///   - isSortable: Whether a click on a head sorts it.
  /// - Returns: The markup.
  func markup(_ label: String, isSortable: Bool = false) -> Markup {
    let numeric = heads.indices.map { column in
      rows.contains { $0.indices.contains(column) && $0[column].number != nil }
    }
    let head = Markup(
      "tr",
      [:],
      heads.enumerated().map { column, text in
        Markup("th", ["scope": "col", "class": numeric[column] ? "n" : nil], ["\(text)"])
      }
    )
    let body = rows.map { cells in
      Markup(
        "tr",
        [:],
        cells.enumerated().map { column, cell in
          Markup(
            "td",
            [
              "class": numeric[column] ? "n" : "w",
              "data-v": cell.number.map { "\($0)" },
            ],
            ["\(cell.text)"]
          )
        }
      )
    }
    return Markup(
      "div",
      ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": label],
      [
        Markup(
          "table",
          ["class": isSortable ? "sortable" : nil],
          [Markup("thead", [:], [head]), Markup("tbody", [:], body)]
        )
      ]
    )
  }
}
