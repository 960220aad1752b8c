/// A chart of bars, one for each unit or block.
struct BarChart {
  /// A bar.
  struct Bar {
    let name: String
    /// Its height; infinite ones reach the top.
    let value: Double
    /// The part of what it stands for that went, from 0 to 1: so much of the bar is hollow.
    var gone = 0.0
    /// What it stands for, with its number.
    let label: String
  }

  let title: String
  /// What the bars count.
  let up: Axis
  /// What stands below the bars.
  let foot: String
  let bars: [Bar]
  /// A number that all bars are compared with, and what it is called.
  var level: (value: Double, name: String)?

  /// The picture.
  var picture: Markup {
    let frame = ChartFrame()
    let step = frame.fieldWidth / Double(max(1, bars.count))
    let width = max(0.8, step * 0.78)
    let zero = frame.y(up.place(0))
    var content = frame.grid(up)
    for (index, bar) in bars.enumerated() {
      let x = frame.left + (Double(index) + 0.5) * step - width / 2
      let end = bar.value == .infinity ? frame.top : frame.y(up.place(bar.value))
      let height = max(0.5, abs(zero - end))
      // What went is at the end of the bar, away from zero.
      let hollow = height * min(max(bar.gone, 0), 1)
      let isDown = end > zero
      for (kind, start, size) in [
        ("kept", isDown ? zero : min(zero, end) + hollow, height - hollow),
        ("gone", isDown ? zero + height - hollow : min(zero, end), hollow),
      ] where size > 0 {
        content.append(
          Markup(
            "rect",
            [
              "class": kind, "x": coordinate(x), "y": coordinate(start),
              "width": coordinate(width), "height": coordinate(size),
            ],
            [Markup("title", [:], ["\(bar.label)"])]
          )
        )
      }
    }
    if let level, level.value.isFinite {
      let y = frame.y(up.place(level.value))
      content += [
        frame.line((frame.left, y), (ChartFrame.width - ChartFrame.right, y), "cross"),
        frame.text(
          level.name,
          ChartFrame.width - ChartFrame.right,
          max(frame.top + 9, y - 4),
          anchor: "end",
          "strong"
        ),
      ]
    }
    let y = frame.height - frame.bottom
    let every = Self.every(bars.count)
    for index in bars.indices where index.isMultiple(of: every) {
      let x = frame.left + (Double(index) + 0.5) * step
      content.append(frame.text(bars[index].name, x, y + 15, anchor: "middle"))
    }
    content.append(
      frame.text(foot, frame.left + frame.fieldWidth / 2, frame.height - 5, anchor: "middle")
    )
    return frame.picture(
      title,
      "\(up.title) for each of \(bars.count); the numbers are in the table",
      content
    )
  }

  /// Every how many places along an axis have a name.
  static func every(_ count: Int) -> Int {
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].first { count / $0 <= 12 } ?? 2000
  }

  /// The samples that say what hollow bars are; none where all bars are alike.
  var legend: [(sample: Markup, text: String)] {
    guard bars.contains(where: { $0.gone > 0 }) else { return [] }
    return [("kept", "stayed"), ("gone", "went")].map { kind, text in
      let bar = Markup(
        "rect",
        ["class": kind, "x": "10", "y": "2", "width": "14", "height": "10"]
      )
      let sample = Markup("svg", ["viewBox": "0 0 34 14", "aria-hidden": "true"], [bar])
      return (sample, text)
    }
  }
}
