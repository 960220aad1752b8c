package import BillhookCore
import BillhookRecipe

extension Report {
  /// Reads the report of a run by its folder; a run that has only begun, or ended before it could
  /// write one, has measured nothing.
  ///
  /// - Throws: `FileError` when there is no such folder, it is not that of a run, or its report is damaged.
  package init(ofRun folder: String) throws(FileError) {
    let path = "\(folder)/report.json"
    guard FileSystem.exists(path) || !FileSystem.isDirectory(folder) else {
      guard WorkFolder.holds(run: folder) else {
        throw FileError(
          folder,
          "is not the folder of a run; runs lie in `runs` in the work folder, `.billhook` unless "
            + "`--work` says otherwise"
        )
      }
      self.init()
      return
    }
    try self.init(contentsOf: path)
  }

  /// Reads the report of an earlier run, of this format or an older one.
  ///
  /// - Throws: `FileError` when the file is missing, is not a report, or is of a newer format.
  package init(contentsOf path: String) throws(FileError) {
    let bytes = try FileSystem.read(path)
    guard let json = try? JSON(parsing: bytes), let rows = json["rows"]?.array else {
      throw FileError(path, "expected the report of a run")
    }
    let format = json["format"].map { $0.int ?? .max } ?? 1
    guard format <= Self.format else {
      throw FileError(
        path,
        at: "format",
        "expected a report of format 1 to \(Self.format); a newer Billhook wrote this one"
      )
    }
    self.init()
    self.rows = try Self.read(rows, of: path, as: "rows") { Row($0) }
    run = json["run"].flatMap(RunDescription.init)
    shares = try Self.read(json["shares"]?.array, of: path, as: "shares") { Shares($0) }
    spectra = try Self.read(json["spectra"]?.array, of: path, as: "spectra") {
      MeasuredSpectrum($0)
    }
    scores = try Self.read(json["scores"]?.array, of: path, as: "scores") { Scored($0) }
    removals = try Self.read(json["removals"]?.array, of: path, as: "removals") { Removal($0) }
    searches = try Self.read(json["searches"]?.array, of: path, as: "searches") { Searched($0) }
    trainings = try Self.read(json["trainings"]?.array, of: path, as: "trainings") { Training($0) }
    saved = try Self.read(json["saved"]?.array, of: path, as: "saved") { Saved($0) }
    notes = try Self.read(json["notes"]?.array, of: path, as: "notes") { Note($0) }
    failures = try Self.read(json["failures"]?.array, of: path, as: "failures") { StepError($0) }
  }

  private static func read<Element>(
    _ elements: [JSON]?,
    of path: String,
    as key: String,
    _ read: (JSON) -> Element?
  ) throws(FileError) -> [Element] {
    var found: [Element] = []
    for (index, json) in (elements ?? []).enumerated() {
      guard let element = read(json) else {
        throw FileError(path, at: "\(key)[\(index)]", "is not what a report holds there")
      }
      found.append(element)
    }
    return found
  }
}

extension Report.Row {
  /// Reads a row; in the first format, the label is all that tells of branches.
  fileprivate init?(_ json: JSON) {
    guard let state = (json["state"] ?? json["label"])?.string,
      let parameters = json["parameters"]?.int, let bytes = json["bytes"]?.int,
      let metrics = json["metrics"]?.array
    else { return nil }
    self.init(
      branches: [Branch](json),
      state: state,
      method: json["method"]?.string,
      model: json["model"]?.string,
      parameters: parameters,
      nonZero: json["non_zero"]?.int,
      bytes: bytes,
      shape: ModelShapeSummary(of: json),
      sparsity: (json["sparsity"]?.array ?? []).compactMap(Report.BlockSparsity.init),
      metrics: metrics.compactMap(Metric.init),
      samples: (json["samples"]?.array ?? []).compactMap(TextSample.init),
      seconds: (json["measuring_seconds"] ?? json["seconds"])?.double ?? 0
    )
  }
}

extension ModelShapeSummary {
  /// Reads the shape that a row has; nil where it has none.
  init?(of row: JSON) {
    guard let opened = row["opened_blocks"]?.int, let elements = row["blocks"]?.array else {
      return nil
    }
    let blocks = elements.compactMap { block -> Block? in
      guard let number = block["block"]?.int, let queries = block["query_heads"]?.int,
        let keys = block["kv_heads"]?.int, let channels = block["channels"]?.int
      else { return nil }
      return Block(number: number, queryHeads: queries, keyValueHeads: keys, channels: channels)
    }
    guard blocks.count == elements.count else { return nil }
    self.init(blocks: blocks, openedBlocks: opened)
  }
}

extension Report.Scored {
  fileprivate init?(_ json: JSON) {
    guard let unit = json["unit"]?.string, let criterion = json["criterion"]?.string,
      let scale = json["scale"]?.string.flatMap(ScoreScale.init), let count = json["count"]?.int,
      let units = json["units"]?.array?.compactMap(\.int),
      let values = json["scores"]?.array?.compactMap({ $0 == "infinity" ? .infinity : $0.double }),
      let file = json["file"]?.string, units.count == values.count
    else { return nil }
    self.init(
      branches: [Branch](json),
      unit: unit,
      criterion: criterion,
      scale: scale,
      units: units,
      values: values,
      count: count,
      layout: (json["units_of_blocks"]?.array ?? []).compactMap(\.int),
      means: (json["means_of_blocks"]?.array ?? []).map(\.double),
      whole: json["whole"]?.double,
      spans: json["spans"].flatMap(SpanScores.init),
      file: file,
      isAskedFor: json["asked_for"]?.bool ?? false
    )
  }
}

extension Report.Removal {
  fileprivate init?(_ json: JSON) {
    guard let amount = json["amount"]?.string, let keep = json["keep"]?.string,
      let removed = json["removed"]?.members, let parameters = json["parameters"]?.int
    else { return nil }
    self.init(
      branches: [Branch](json),
      criterion: json["criterion"]?.string,
      amount: amount,
      keep: keep,
      removed: Dictionary(
        removed.map { ($0.key, ($0.value.array ?? []).compactMap(\.int)) },
        uniquingKeysWith: { first, _ in first }
      ),
      layouts: Dictionary(
        (json["units_of_blocks"]?.members ?? []).map {
          ($0.key, ($0.value.array ?? []).compactMap(\.int))
        },
        uniquingKeysWith: { first, _ in first }
      ),
      parameters: parameters,
      scored: json["after_scores"]?.int
    )
  }
}

extension Report.BlockSparsity {
  fileprivate init?(_ json: JSON) {
    guard let block = json["block"]?.int, let weights = json["weights"]?.int,
      let zeros = json["zeros"]?.int
    else { return nil }
    self.init(block: block, weights: weights, zeros: zeros)
  }
}

extension Report.MeasuredSpectrum {
  fileprivate init?(_ json: JSON) {
    guard let block = json["block"]?.int, let role = json["role"]?.string,
      let count = json["count"]?.int, let eigenvalues = json["eigenvalues"]?.array
    else { return nil }
    self.init(
      block: block,
      role: role,
      count: count,
      eigenvalues: eigenvalues.compactMap(\.double)
    )
  }
}

extension Report.Shares {
  fileprivate init?(_ json: JSON) {
    guard let allocation = json["allocation"]?.string, let shares = json["shares"]?.array else {
      return nil
    }
    let values = shares.compactMap(\.double)
    guard values.count == shares.count else { return nil }
    self.init(branches: [Branch](json), allocation: allocation, values: values)
  }
}

extension Report.Saved {
  /// Reads a saved directory; of the first format, a path alone.
  fileprivate init?(_ json: JSON) {
    guard let path = json.string ?? json["path"]?.string else { return nil }
    self.init(branches: [Branch](json), path: path)
  }
}

extension Report.Note {
  fileprivate init?(_ json: JSON) {
    guard let text = json["text"]?.string else { return nil }
    self.init([Branch](json), stage: json["stage"]?.string, text)
  }
}

extension StepError {
  /// Reads a failure, whose place in the recipe a report does not keep.
  fileprivate init?(_ json: JSON) {
    guard let message = json["message"]?.string else { return nil }
    // The first format had the labels of the branches under another name.
    let old = (json["branch"]?.array ?? []).compactMap(\.string).map(Branch.init(named:))
    self.init(
      span: SourceSpan(start: 0, end: 0),
      stage: json["stage"]?.string,
      message: message,
      branches: json["branches"] == nil ? old : [Branch](json)
    )
  }
}

extension Report.Training {
  fileprivate init?(_ json: JSON) {
    guard let state = json["of"]?.string, let recovery = json["recovery"]?.string,
      let outcome = TrainingOutcome(json)
    else { return nil }
    self.init(branches: [Branch](json), of: state, recovery: recovery, outcome: outcome)
  }
}

extension Report.Searched {
  fileprivate init?(_ json: JSON) {
    guard let search = json["search"]?.string, let amount = json["amount"]?.string,
      let outcome = SearchOutcome(json)
    else { return nil }
    self.init(branches: [Branch](json), search: search, amount: amount, outcome: outcome)
  }
}
