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
    trainings = json["trainings"]?.array?.compactMap(Training.init) ?? []
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
      metrics: metrics.compactMap(Metric.init),
      seconds: json["seconds"]?.double ?? 0
    )
  }
}

extension Report.Training {
  fileprivate init?(_ json: JSON) {
    guard let label = json["label"]?.string, let recovery = json["recovery"]?.string,
      let outcome = TrainingOutcome(json)
    else { return nil }
    self.init(label: label, recovery: recovery, outcome: outcome)
  }
}
