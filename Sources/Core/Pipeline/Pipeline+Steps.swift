import BillhookModels
import BillhookRecipe

extension Pipeline {
  /// Measures a model, and adds a row to the report.
  func evaluate(_ step: EvaluateStep, _ state: ModelState, in branches: [String]) throws {
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
        let metrics = try step.evaluation.finiteMetrics(of: state.model, on: tokens, context)
        let seconds = (ContinuousClock.now - start).seconds
        try known.keep(metrics, seconds: seconds, step, of: state)
        return ((metrics, seconds), Self.text(metrics))
      }
    }
    report.add(
      Report.Row(
        label: state.label(in: branches),
        parameters: state.model.parameterCount,
        bytes: try state.model.byteCount(),
        metrics: metrics.map { $0.named(for: dataName) },
        seconds: seconds
      )
    )
  }

  /// Saves a model, unless its directory is what an earlier run left there.
  func save(_ step: SaveStep, _ state: ModelState) throws {
    let name = plan.stage(of: step)
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
      // What scores decided is known only now; the rest was said before anything was computed.
      let isScored = state.removals.contains {
        if case .exactly = $0.step.amount { false } else { true }
      }
      for caution in step.format.cautions(on: state.model, isCertain: true) where isScored {
        context.progress(.note("\(step.path): \(caution)"))
      }
      try stages.run(name) { _ in
        let outcome = try saving.save(
          state.model,
          provenance,
          to: step.path,
          overwrite: step.overwrite
        )
        try known.keepSaved(step, state)
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

  private static func text(_ metrics: [Metric]) -> String {
    metrics.map { "\($0.name) \(rounded($0.value)) (\($0.protocolNote))" }.joined(separator: ", ")
  }
}
