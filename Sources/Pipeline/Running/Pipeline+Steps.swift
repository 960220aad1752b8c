import BillhookCore
import BillhookRecipe

extension Pipeline {
  /// Measures a model, and adds a row to the report.
  func evaluate(_ step: EvaluateStep, _ state: ModelState, in branches: [Branch]) throws {
    let dataName = step.data.map(plan.name(ofData:))
    let name = plan.stage(of: step)
    let metrics: [Metric]
    let seconds: Double
    if let found = try known.measurement(step, of: state) {
      (metrics, seconds) = found
      try stages.reuse(name) { _ in ((), Self.text(found.metrics)) }
    } else {
      let tokens = try step.data.map { try data[$0] } ?? TokenSet([], note: "")
      (metrics, seconds) = try stages.run(name) { _ in
        let start = ContinuousClock.now
        let metrics = try keys.files.computing(with: step.evaluation) {
          try step.evaluation.finiteMetrics(of: state.model, on: tokens, context)
        }
        let seconds = (ContinuousClock.now - start).seconds
        try known.keep(metrics, seconds: seconds, step, of: state)
        return ((metrics, seconds), Self.text(metrics))
      }
    }
    report.add(
      Report.Row(
        branches: branches,
        state: state.label,
        parameters: state.model.parameterCount,
        bytes: try state.model.byteCount(),
        shape: ModelShapeSummary(state.model),
        metrics: metrics.map { $0.named(for: dataName) },
        seconds: seconds
      )
    )
  }

  /// Saves a model, unless its directory is what an earlier run left there.
  func save(_ step: SaveStep, _ state: ModelState) throws {
    let name = plan.stage(of: step)
    // Links may lead elsewhere than when the recipe was checked.
    try places.check(step.path)
    if try known.isSaved(step, state) {
      try stages.reuse(name) { _ in ((), "it is as it was left") }
    } else {
      let provenance = Provenance(
        recipe: plan.source.text,
        source: plan.model.name,
        removals: try state.removals.map(record),
        derivation: state.derivation
      )
      let saving = Saving(format: step.format, context: context)
      // What the scores decided is known only now; the rest was said before anything was computed.
      let isScored = state.removals.contains {
        if case .exactly = $0.step.amount { false } else { true }
      }
      let said = step.format.cautions(on: state.model, isCertain: !isScored)
      for caution in step.format.cautions(on: state.model, isCertain: true)
      where !said.contains(caution) {
        stages.note("\(step.path): \(caution)", of: name)
      }
      try stages.run(name) { byproducts in
        let outcome = try keys.files.saving(step) {
          try saving.save(
            state.model,
            provenance,
            to: step.path,
            overwrite: step.overwrite
          )
        }
        try known.keepSaved(step, state)
        if !hasToldWhatStaysBehind { byproducts.notes += opened.leftBehindOnSaving }
        hasToldWhatStaysBehind = true
        return ((), outcome == .written ? "written and compared" : "held this result already")
      }
    }
    report.saved.append(Report.Saved(branches: stages.branches, path: step.path))
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

  private static func text(_ metrics: [Metric]) -> String {
    let values = metrics.map { "\($0.name) \(rounded($0.value))" }
    // What was measured together was mostly measured alike.
    if let note = metrics.first?.protocolNote, metrics.allSatisfy({ $0.protocolNote == note }) {
      return "\(values.joined(separator: ", ")) (\(note))"
    }
    return zip(values, metrics).map { "\($0) (\($1.protocolNote))" }.joined(separator: ", ")
  }
}
