import BillhookCore

extension Metric {
  /// The value as tables show it, with its standard error or its quartiles where it has some.
  package var text: String {
    let bounds = quartiles.map { [$0.lowerBound, $0.upperBound] } ?? []
    let rest = bounds.isEmpty ? "" : " [\(bounds.map(Quantity.number).joined(separator: ", "))]"
    return Quantity.number(value) + (error.map { " ± " + Quantity.error($0) } ?? "") + rest
  }
}
