import BillhookModels
import BillhookRecipe

extension Pipeline {
  /// Measures a model, and adds a row to the report.
  func evaluate(_ step: EvaluateStep, _ state: ModelState, in branches: [String]) throws {
    let key = try keys.evaluation(step, of: state)
    let dataName = plan.data[step.data]?.name ?? step.data
    let name = "evaluate \(step.evaluation.signature) on \(dataName)"
    let start = ContinuousClock.now
    let metrics: [Metric]
    if let known = store.result(of: key).flatMap(Self.metrics) {
      metrics = try stages.reuse(name) { _ in (known, Self.text(known)) }
    } else {
      let tokens = try data[step.data]
      metrics = try stages.run(name) { _ in
        let metrics = try step.evaluation.measure(state.model, on: tokens, context)
        try store.keep(Self.json(metrics), of: key)
        return (metrics, Self.text(metrics))
      }
    }
    let done = state.history.joined(separator: " ")
    let labels = branches + [done.isEmpty ? "as opened" : done]
    report.add(
      Report.Row(
        label: labels.joined(separator: ", "),
        parameters: state.model.parameterCount,
        bytes: try state.model.byteCount(),
        metrics: metrics.map {
          Metric(name: "\($0.name) \(dataName)", value: $0.value, protocolNote: $0.protocolNote)
        },
        seconds: (ContinuousClock.now - start).seconds
      )
    )
  }

  /// Saves a model, unless its directory is what an earlier run left there.
  func save(_ step: SaveStep, _ state: ModelState) throws {
    let key = try keys.save(step, of: state)
    let name = "save \(step.path)"
    if let known = store.result(of: key), known == Self.contents(of: step.path) {
      try stages.reuse(name) { _ in ((), "it is as it was left") }
    } else {
      let provenance = Provenance(
        recipe: plan.source.text,
        source: plan.model.name,
        removals: try state.removals.map(record),
        derivation: state.derivation
      )
      let saving = Saving(format: step.format, context: context)
      try stages.run(name) { _ in
        let outcome = try saving.save(
          state.model,
          provenance,
          to: step.path,
          overwrite: step.overwrite
        )
        if let contents = Self.contents(of: step.path) { try store.keep(contents, of: key) }
        return ((), outcome == .written ? "written and compared" : "held this result already")
      }
    }
    report.saved.append(step.path)
  }

  private func record(_ removal: ModelState.Removal) throws -> Provenance.Removal {
    Provenance.Removal(
      unit: removal.unit,
      amount: "\(removal.step.amount)",
      keep: "\(removal.step.keep)",
      scores: removal.scores,
      removed: removal.removed,
      tokens: try removal.calibration.map { try data[$0] }
    )
  }

  /// What tells whether a directory is still as it was left; nil when it cannot be looked at.
  private static func contents(of directory: String) -> JSON? {
    guard let names = try? FileSystem.names(in: directory) else { return nil }
    var members: [JSON.Member] = []
    for name in names.sorted() {
      guard let file = try? MappedFile("\(directory)/\(name)") else { return nil }
      members.append(JSON.Member(key: name, value: .string(file.identityText)))
    }
    return .object(members)
  }

  // MARK: What is kept of metrics

  private static func text(_ metrics: [Metric]) -> String {
    metrics.map { "\($0.name) \(rounded($0.value)) (\($0.protocolNote))" }.joined(separator: ", ")
  }

  private static func json(_ metrics: [Metric]) -> JSON { .array(metrics.map(\.json)) }

  private static func metrics(_ json: JSON) -> [Metric]? {
    guard let elements = json.array else { return nil }
    let metrics = elements.compactMap(Metric.init)
    return metrics.count == elements.count ? metrics : nil
  }
}
