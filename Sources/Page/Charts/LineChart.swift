/// A chart of lines over a common axis.
struct LineChart {
  /// A point of a line.
  struct Point {
    let x: Double
    let y: Double
    /// What it stands for.
    let label: String
  }

  /// A line.
  struct Line {
    let name: String
    let points: [Point]
  }

  /// A point that lines are compared with, shown as a ring.
  struct Mark {
    let point: Point
    /// What stands in the ring; nil where all rings are the dense model.
    let number: Int?
  }

  let title: String
  /// What the horizontal axis shows.
  let across: Axis
  /// What the vertical axis shows.
  let up: Axis
  let lines: [Line]
  /// The points that lines are compared with.
  var marks: [Mark] = []
  /// Whether each point is shown, or only some of those that the line goes through.
  var showsPoints = true

  /// The picture.
  var picture: Markup {
    let frame = ChartFrame()
    func place(_ point: Point) -> (x: Double, y: Double) {
      (frame.x(across.place(point.x)), frame.y(up.place(point.y)))
    }
    var content = frame.grid(up) + frame.foot(across)
    for (number, line) in lines.enumerated() {
      let style = LineStyle(number)
      let points = line.points.filter(\.isFinite)
      if points.count > 1 { content.append(style.line(points.map(place))) }
      // Of long lines a few, each line at others, so that shapes tell them apart.
      let every = showsPoints ? 1 : max(1, points.count / 6)
      let shown = points.enumerated().filter { ($0.offset + 2 * number).isMultiple(of: every) }
      content += shown.map { _, point in
        let (x, y) = place(point)
        return style.point(x, y, point.label)
      }
    }
    let marks = marks.filter(\.point.isFinite)
    for mark in marks {
      let (x, y) = place(mark.point)
      content.append(
        Markup(
          "circle",
          [
            "class": "dense", "cx": coordinate(x), "cy": coordinate(y),
            "r": mark.number == nil ? "5" : "8",
          ],
          [Markup("title", [:], ["\(mark.point.label)"])]
        )
      )
      if let number = mark.number {
        content.append(frame.text("\(number)", x, y + 3, anchor: "middle", "number"))
      }
    }
    if let mark = marks.first, mark.number == nil {
      let (x, y) = place(mark.point)
      let isRight = x > frame.left + frame.fieldWidth * 0.6
      let above = y > frame.top + 20 ? y - 9 : y + 17
      content.append(
        frame.text(
          "dense",
          isRight ? x + 5 : x - 5,
          above,
          anchor: isRight ? "end" : "start",
          "strong"
        )
      )
    }
    let description =
      "\(up.title) over \(across.title); "
      + (lines.count == 1 ? "one line" : "\(lines.count) lines") + "; the numbers are in the table"
    return frame.picture(title, description, content)
  }

  /// The chart, with a legend of its lines.
  func figure(_ numbers: PageTable, note: String? = nil) -> Figure {
    Figure(
      title: title,
      picture: picture,
      legend: lines.enumerated().map { (LineStyle($0).sample, $1.name) },
      note: note,
      numbers: numbers
    )
  }
}

extension LineChart.Point {
  fileprivate var isFinite: Bool { x.isFinite && y.isFinite }
}
