import BillhookCore

extension [Metric] {
  /// How they were measured: a line for each way, with the names of all that share it.
  package var protocols: [String] {
    map(\.protocolNote).uniqued.map { note in
      "\(names(measuredBy: note).joined(separator: ", ")): \(note)"
    }
  }

  private func names(measuredBy note: String) -> [String] {
    filter { $0.protocolNote == note }.map(\.name).uniqued
  }
}
