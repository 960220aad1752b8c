/// A chart with its legend, and its numbers as a table beneath.
struct Figure {
  let title: String
  let picture: Markup
  var legend: [(sample: Markup, text: String)] = []
  /// What should be known to read it.
  var note: String?
  let numbers: PageTable

  var markup: Markup {
    let entries = legend.map { entry in
      Markup("li", [:], [entry.sample, Markup("span", [:], ["\(entry.text)"])])
    }
    return Markup(
      "figure",
      [:],
      [
        Markup("figcaption", [:], ["\(title)"]), picture,
        entries.isEmpty ? "" : Markup("ul", ["class": "legend"], entries),
        note.map { Markup("p", ["class": "soft"], ["\($0)"]) } ?? "",
        Markup(
          "details",
          [:],
          [Markup("summary", [:], ["Numbers"]), numbers.markup("Numbers: \(title)")]
        ),
      ]
    )
  }
}
