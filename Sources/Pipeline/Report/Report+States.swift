import BillhookCore

extension Report {
  /// The names of the first three numbers of each evaluation: the main one, and what comes next to it.
  package var mainMetrics: Set<String> {
    Set(rows.flatMap { $0.metrics.prefix(3).map(\.name) })
  }

  /// One row for each state of the model, with everything that was measured of it; of models with the same
  /// label, later ones are numbered.
  package var states: [Row] {
    var states: [Row] = []
    for row in rows {
      // Branches of one name may measure the same.
      if states.contains(where: { $0.label == row.label && $0.holds(row) }) { continue }
      guard let last = states.last, last.label == row.label, last.isOfModel(of: row),
        !last.contradicts(row)
      else {
        states.append(row)
        continue
      }
      states[states.count - 1].metrics += row.metrics
      states[states.count - 1].samples += row.samples
      states[states.count - 1].seconds += row.seconds
    }
    var models: [String: [Row]] = [:]
    for index in states.indices {
      let row = states[index]
      let known = models[row.label] ?? []
      let place = known.firstIndex { $0.isOfModel(of: row) } ?? known.count
      if place == known.count { models[row.label] = known + [row] }
      guard place > 0 else { continue }
      states[index].state += " (\(place + 1))"
      states[index].method? += " (\(place + 1))"
    }
    return states
  }
}

extension Report.Row {
  /// Whether another row is of the same model, as far as reports tell.
  func isOfModel(of other: Report.Row) -> Bool {
    model == other.model && parameters == other.parameters
  }

  /// Whether it has everything that another row says of the same model.
  func holds(_ other: Report.Row) -> Bool {
    isOfModel(of: other) && other.metrics.allSatisfy(metrics.contains)
      && other.samples.allSatisfy(samples.contains)
  }

  /// Whether something of the same name was measured of both, and came out otherwise: in older reports, on
  /// other data of that name.
  fileprivate func contradicts(_ other: Report.Row) -> Bool {
    other.metrics.contains { metric in
      metrics.contains { $0.name == metric.name && $0 != metric }
    }
  }
}
