/// A part of the page with a heading; one without content is left out.
struct PageSection {
  let title: String
  let content: [Markup]

  /// A section that holds figures side by side.
  init(_ title: String, _ text: [Markup] = [], figures: [Figure]) {
    let grid = Markup("div", ["class": "figures"], figures.map(\.markup))
    self.init(title, figures.isEmpty ? [] : text + [grid])
  }

  init(_ title: String, _ content: [Markup]) {
    self.title = title
    self.content = content
  }

  /// The section under a heading of some level, which links lead to.
  func markup(id: String, level: Int) -> Markup {
    Markup(
      "section",
      ["id": id],
      [Markup("h\(level)", [:], ["\(title)"])] + content
    )
  }
}
