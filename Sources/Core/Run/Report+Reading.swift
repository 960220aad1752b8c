public import BillhookModels

extension Report {
  /// Reads the report of an earlier run.
  ///
  /// - Throws: `ModelError` when the file is missing, or is no report.
  public init(contentsOf path: String) throws(ModelError) {
    let bytes = try FileSystem.read(path)
    guard let json = try? JSON(parsing: bytes), let rows = json["rows"]?.array else {
      throw ModelError(path, "expected the report of a run")
    }
    for (index, row) in rows.enumerated() {
      guard let row = Row(row) else {
        throw ModelError(path, at: "rows[\(index)]", "expected a measured model")
      }
      self.rows.append(row)
    }
    saved = json["saved"]?.array?.compactMap(\.string) ?? []
  }
}

extension Report.Row {
  fileprivate init?(_ json: JSON) {
    guard let label = json["label"]?.string, let parameters = json["parameters"]?.int,
      let bytes = json["bytes"]?.int, let metrics = json["metrics"]?.array
    else { return nil }
    self.init(
      label: label,
      parameters: parameters,
      bytes: bytes,
      metrics: metrics.compactMap { metric in
        guard let name = metric["name"]?.string, let note = metric["protocol"]?.string,
          let value = metric["value"]?.double ?? metric["value"]?.string.flatMap(Double.init)
        else { return nil }
        return Metric(name: name, value: value, protocolNote: note)
      },
      seconds: json["seconds"]?.double ?? 0
    )
  }
}
