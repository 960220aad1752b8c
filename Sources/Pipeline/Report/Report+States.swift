extension Report {
  /// One row for each state of the model, with everything that was measured of it.
  package var states: [Row] {
    rows.reduce(into: []) { merged, row in
      if merged.last?.label == row.label, merged.last?.parameters == row.parameters {
        merged[merged.count - 1].metrics += row.metrics
        merged[merged.count - 1].samples += row.samples
        merged[merged.count - 1].seconds += row.seconds
      } else {
        merged.append(row)
      }
    }
  }
}
