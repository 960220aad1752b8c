/// How a line and its points look: by colour, shape and dashes, so that each alone tells lines apart.
struct LineStyle {
  private let number: Int

  /// The style of a line by its number.
  init(_ number: Int) { self.number = number }

  private static let colours = 7
  private static let dashes = [nil, "6 3", "2 2", "8 3 2 3"]

  private var colour: Int { number % Self.colours }

  /// The class of what is filled.
  var fill: String { "f\(colour)" }

  /// A line through some points.
  func line(_ points: [(x: Double, y: Double)]) -> Markup {
    Markup(
      "polyline",
      [
        "class": "line s\(colour)",
        "stroke-dasharray": Self.dashes[number / Self.colours % Self.dashes.count],
        "points": points.map { "\(coordinate($0.x)),\(coordinate($0.y))" }.joined(separator: " "),
      ]
    )
  }

  /// A point, with what it stands for.
  func point(_ x: Double, _ y: Double, _ title: String? = nil) -> Markup {
    Markup(
      "path",
      ["class": fill, "d": Self.shape(number, x, y)],
      title.map { [Markup("title", [:], ["\($0)"])] } ?? []
    )
  }

  /// The sample of the style in a legend.
  var sample: Markup {
    Markup(
      "svg",
      ["viewBox": "0 0 34 14", "aria-hidden": "true"],
      [line([(1, 7), (33, 7)]), point(17, 7)]
    )
  }

  /// The outline of a shape around a place.
  private static func shape(_ number: Int, _ x: Double, _ y: Double) -> String {
    let corners: [(Double, Double)]
    switch number % 8 {
    case 0:
      return "M\(coordinate(x - 4)) \(coordinate(y))a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z"
    case 1: corners = [(-3.6, -3.6), (3.6, -3.6), (3.6, 3.6), (-3.6, 3.6)]
    case 2: corners = [(0, -5), (4.6, 3.6), (-4.6, 3.6)]
    case 3: corners = [(0, -5.2), (5.2, 0), (0, 5.2), (-5.2, 0)]
    case 4: corners = [(0, 5), (4.6, -3.6), (-4.6, -3.6)]
    case 5:
      corners = [
        (-1.5, -5), (1.5, -5), (1.5, -1.5), (5, -1.5), (5, 1.5), (1.5, 1.5), (1.5, 5), (-1.5, 5),
        (-1.5, 1.5), (-5, 1.5), (-5, -1.5), (-1.5, -1.5),
      ]
    case 6: corners = [(-5, 0), (-2.5, -4.3), (2.5, -4.3), (5, 0), (2.5, 4.3), (-2.5, 4.3)]
    default: corners = [(-5, -2.4), (5, -2.4), (5, 2.4), (-5, 2.4)]
    }
    let points = corners.map { "\(coordinate(x + $0.0)) \(coordinate(y + $0.1))" }
    return "M" + points.joined(separator: "L") + "Z"
  }
}
