import BillhookCore
import BillhookPipeline

/// The share of each block's weights that masks hold at zero, and what allocations measured.
struct SparsitySection {
  let report: Report
  let states: [MeasuredState]

  var section: PageSection {
    PageSection("Sparsity of each block", [], figures: masks + shares)
  }

  private var masks: [Figure] {
    let rows = states.filter { !$0.row.sparsity.isEmpty }.map { state in
      let last = state.row.sparsity.map(\.block).max() ?? 0
      let count = max(state.row.shape?.openedBlocks ?? 0, last + 1)
      var shares = [Double?](repeating: nil, count: min(count, Self.mostBlocks))
      for block in state.row.sparsity where shares.indices.contains(block.block) {
        shares[block.block] =
          block.weights == 0 ? nil : Double(block.zeros) / Double(block.weights)
      }
      return BlockMap.Row(name: "\(state.number)", label: state.label, shares: shares)
    }
    guard !rows.isEmpty else { return [] }
    return [
      BlockMap(
        title: "Weights held at zero, in each block",
        rows: rows,
        axes: ("model, by its number in the table", "block")
      ).figure
    ]
  }

  /// More blocks than any model has; a report may say anything.
  private static let mostBlocks = 10_000

  private var shares: [Figure] {
    report.shares.enumerated().filter { index, shares in
      !report.shares[..<index].contains {
        $0.allocation == shares.allocation && $0.values == shares.values
      }
    }
    .map { _, shares in
      let place = shares.branches.isEmpty ? "" : ", \(shares.branches.label)"
      let bars = shares.values.enumerated().map { block, value in
        BarChart.Bar(
          name: "\(block)",
          value: value,
          label: "block \(block): \(Quantity.number(value))"
        )
      }
      let chart = BarChart(
        title: "Shares by \(shares.allocation)\(place)",
        up: Axis("share, beside the others", shares.values, fromZero: true),
        foot: "block",
        bars: bars
      )
      return Figure(
        title: chart.title,
        picture: chart.picture,
        numbers: PageTable(
          heads: ["block", "share"],
          rows: bars.map { [PageTable.Cell($0.name), PageTable.Cell($0.value) { "\($0)" }] }
        )
      )
    }
  }
}
