import BillhookEngine
import BillhookModels

extension Scoring {
  /// Evidence with one result for each unit: the loss without it, through gates.
  ///
  /// - Parameters:
  ///   - evidence: What is gathered.
  ///   - tokens: The calibration set.
  ///   - findings: What is found of each kind of units is added to them.
  /// - Throws: What the evidence throws.
  func removals(
    _ evidence: [any RemovalEvidence],
    _ tokens: TokenSet,
    into findings: inout [Findings]
  ) throws {
    let gatherings = evidence.map { Gathering.removals($0) }
    let candidates = units.enumerated().flatMap { kind, unit in
      unit.units(of: model).flatMap(\.all).map { candidate in
        (kind, candidate.label, unit.closing([candidate], in: model.gates, of: model))
      }
    }
    let losses = try Traversal(model, context)
      .forward(tokens, candidates: candidates.map(\.2), tree: tree, alsoOwn: true)
    for kind in findings.indices { findings[kind].whole = losses.last?.reduce(TokenLoss(), +) }
    for ((kind, label, _), batches) in zip(candidates, losses) {
      for gathering in gatherings {
        for loss in batches { try gathering.observe(loss, at: label) }
        try gathering.finish(into: &findings[kind], at: label)
      }
    }
  }

  /// Evidence with one result for each block, from what runs through it.
  func activations(
    _ evidence: [any ActivationEvidence],
    _ tokens: TokenSet,
    into findings: inout Findings
  ) throws {
    guard !evidence.isEmpty else { return }
    let gatherings = evidence.map { Gathering.activations($0) }
    try Traversal(model, context).activations(
      tokens,
      visit: { step, batch in
        for gathering in gatherings { try gathering.observe(batch, at: step.label) }
      },
      leave: { step in
        for gathering in gatherings {
          try gathering.finish(into: &findings, block: step.number, at: step.label)
        }
      }
    )
  }

  /// Evidence with one result, from the way of the last token of each window.
  func trajectories(
    _ evidence: [any TrajectoryEvidence],
    _ tokens: TokenSet,
    into findings: inout Findings
  ) throws {
    guard !evidence.isEmpty else { return }
    let gatherings = evidence.map { Gathering.trajectories($0) }
    for states in try Traversal(model, context).trajectories(tokens) {
      for gathering in gatherings { try gathering.observe(states) }
    }
    for gathering in gatherings { try gathering.finish(into: &findings) }
  }
}
