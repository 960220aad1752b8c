import Foundation

/// A map: a row for each model or removal, a column for each block, and how much of it is gone as the
/// depth of the colour; what is gone as a whole is crossed out.
struct BlockMap {
  /// A row, with a share from 0 to 1 for each block; nil where there is nothing to show.
  struct Row {
    let name: String
    /// What it stands for.
    let label: String
    let shares: [Double?]
  }

  let title: String
  let rows: [Row]
  /// What a row is, and what a column is.
  var axes = (rows: "row of the numbers beneath", columns: "block")

  private var count: Int { rows.map(\.shares.count).max() ?? 0 }

  /// The picture.
  var picture: Markup {
    let height = max(9, min(18, 260 / Double(max(1, rows.count))))
    let frame = ChartFrame(height: 18 + height * Double(rows.count) + 38, left: 30)
    let step = frame.fieldWidth / Double(max(1, count))
    var content: [Markup] = [frame.text(axes.rows, 2, 9, anchor: "start")]
    for (index, row) in rows.enumerated() {
      let y = frame.top + Double(index) * height
      if index.isMultiple(of: height < 11 ? 2 : 1) {
        content.append(frame.text(row.name, frame.left - 4, y + height / 2 + 4, anchor: "end"))
      }
      for (column, share) in row.shares.enumerated() {
        guard let share else { continue }
        let x = frame.left + Double(column) * step
        content.append(
          cell(x, y, step, height, share, "\(row.label): block \(column), \(Self.percent(share))")
        )
        if share >= 1 {
          content.append(
            frame.line(
              (x + step * 0.2, y + height * 0.8),
              (x + step * 0.8, y + height * 0.2),
              "cross"
            )
          )
        }
      }
    }
    let foot = frame.height - frame.bottom
    for column in 0..<count where column.isMultiple(of: BarChart.every(count)) {
      let x = frame.left + (Double(column) + 0.5) * step
      content.append(frame.text("\(column)", x, foot + 15, anchor: "middle"))
    }
    content.append(
      frame.text(
        axes.columns,
        frame.left + frame.fieldWidth / 2,
        frame.height - 5,
        anchor: "middle"
      )
    )
    return frame.picture(
      title,
      "\(rows.count) rows of \(count) blocks; the numbers are in the table",
      content
    )
  }

  private func cell(
    _ x: Double,
    _ y: Double,
    _ width: Double,
    _ height: Double,
    _ share: Double,
    _ label: String
  ) -> Markup {
    Markup(
      "rect",
      [
        "class": share > 0 ? "cell" : "empty",
        "fill-opacity": share > 0 ? String(format: "%.2f", 0.12 + 0.88 * min(1, share)) : nil,
        "x": coordinate(x + 0.3), "y": coordinate(y + 0.3),
        "width": coordinate(max(0.3, width - 0.6)), "height": coordinate(height - 0.6),
      ],
      [Markup("title", [:], ["\(label)"])]
    )
  }

  static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  /// The map, with a legend of its shades.
  var figure: Figure {
    let shades: [(sample: Markup, text: String)] = [
      (0, "nothing is gone"), (0.5, "half"), (1, "all"),
    ]
    .map { share, text in
      let line = Markup("line", ["class": "cross", "x1": "13", "y1": "10", "x2": "21", "y2": "4"])
      let sample = Markup(
        "svg",
        ["viewBox": "0 0 34 14", "aria-hidden": "true"],
        [cell(9, 1, 16, 12, share, text)] + (share == 1 ? [line] : [])
      )
      return (sample, text)
    }
    return Figure(
      title: title,
      picture: picture,
      legend: shades,
      numbers: PageTable(
        heads: ["row", "of"] + (0..<count).map { "\($0)" },
        rows: rows.map { row in
          [PageTable.Cell(row.name), PageTable.Cell(row.label)]
            + row.shares.map { PageTable.Cell($0, as: Self.percent) }
        }
      )
    )
  }
}
