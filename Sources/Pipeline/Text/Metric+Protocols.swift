import BillhookCore

extension [Metric] {
  /// How they were measured: a line for each way, with the names of all that share it.
  package var protocols: [String] {
    map(\.protocolNote).uniqued.map { note in
      "\(names(measuredBy: note).joined(separator: ", ")): \(note)"
    }
  }

  /// The names of the first three of those that were measured together: the main one of an evaluation, and
  /// what comes next to it.
  package var mainNames: Set<String> {
    Set(map(\.protocolNote).uniqued.flatMap { names(measuredBy: $0).prefix(3) })
  }

  private func names(measuredBy note: String) -> [String] {
    filter { $0.protocolNote == note }.map(\.name).uniqued
  }
}
