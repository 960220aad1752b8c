import Foundation

/// The field of a chart: its size, its axes, and where numbers stand in it.
struct ChartFrame {
  /// The width of the picture, small enough to be read on a phone; the page enlarges it.
  static let width = 360.0
  let height: Double
  let left: Double
  let top = 18.0
  let bottom: Double

  init(height: Double = 220, left: Double = 50, bottom: Double = 38) {
    self.height = height
    self.left = left
    self.bottom = bottom
  }

  static let right = 12.0
  /// The width of the field.
  var fieldWidth: Double { Self.width - left - Self.right }
  /// The height of the field.
  var fieldHeight: Double { height - top - bottom }

  /// Where a share of the horizontal axis stands.
  func x(_ share: Double) -> Double { left + share * fieldWidth }

  /// Where a share of the vertical axis stands.
  func y(_ share: Double) -> Double { top + (1 - share) * fieldHeight }

  /// The picture, with its title and what it shows for those who do not see it.
  func picture(_ title: String, _ description: String, _ content: [Markup]) -> Markup {
    Markup(
      "svg",
      [
        "class": "chart", "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))",
        "role": "img",
      ],
      [Markup("title", [:], ["\(title)"]), Markup("desc", [:], ["\(description)"])] + content
    )
  }

  /// A line of the grid across the field for each tick of the vertical axis, with its number.
  func grid(_ axis: Axis) -> [Markup] {
    axis.ticks.flatMap { tick -> [Markup] in
      let y = y(axis.place(tick.value))
      return [
        line((left, y), (Self.width - Self.right, y), "grid"),
        text(tick.text, left - 5, y + 4, anchor: "end"),
      ]
    } + [text(axis.title, 2, 9, anchor: "start")]
  }

  /// The ticks below the field, and what they count.
  func foot(_ axis: Axis) -> [Markup] {
    let y = height - bottom
    return [line((left, y), (Self.width - Self.right, y), "grid")]
      + axis.ticks.flatMap { tick -> [Markup] in
        let x = x(axis.place(tick.value))
        return [
          line((x, y), (x, y + 4), "grid"), text(tick.text, x, y + 16, anchor: "middle"),
        ]
      } + [text(axis.title, left + fieldWidth / 2, height - 5, anchor: "middle")]
  }

  /// A text in the picture.
  func text(
    _ text: String,
    _ x: Double,
    _ y: Double,
    anchor: String,
    _ kind: String? = nil
  ) -> Markup {
    Markup(
      "text",
      ["x": coordinate(x), "y": coordinate(y), "text-anchor": anchor, "class": kind],
      ["\(text)"]
    )
  }

  /// A straight line.
  func line(_ from: (Double, Double), _ to: (Double, Double), _ kind: String) -> Markup {
    Markup(
      "line",
      [
        "x1": coordinate(from.0), "y1": coordinate(from.1), "x2": coordinate(to.0),
        "y2": coordinate(to.1), "class": kind,
      ]
    )
  }
}

/// A coordinate with as many digits as can be seen.
func coordinate(_ value: Double) -> String {
  let text = String(format: "%.1f", value)
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
