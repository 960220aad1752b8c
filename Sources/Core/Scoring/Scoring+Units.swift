import BillhookModels
import BillhookTorch

extension Scoring {
  /// Evidence with one result for each unit: the loss without it, through gates.
  func removals(
    of unit: any PruningUnit,
    _ evidence: [any RemovalEvidence],
    _ tokens: TokenSet,
    into findings: inout Findings
  ) throws {
    let gatherings = evidence.map { Gathering.removals($0) }
    let candidates = unit.units(of: model).flatMap(\.all)
    let losses = try Traversal(model, context).forward(
      tokens,
      candidates: candidates.map { unit.closing([$0], in: model.gates, of: model) }
    )
    for batches in losses {
      for gathering in gatherings {
        for loss in batches { try gathering.observe(loss) }
        try gathering.finish(into: &findings)
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
      visit: { _, batch in for gathering in gatherings { try gathering.observe(batch) } },
      leave: { step in
        for gathering in gatherings { try gathering.finish(into: &findings, block: step.number) }
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
    // What one token is in front of each block is little, however large the model.
    var entering: [[Tensor]] = []
    var leaving: [Tensor] = []
    func last(_ states: Tensor) throws -> Tensor {
      let length = states.shape[1]
      return try states.narrowed(1, to: length - 1..<length)
        .reshaped([states.shape[0], states.shape[2]]).to(.float32)
    }
    _ = try Traversal(model, context).forward(tokens, candidates: []) { _, states in
      entering.append(try states.map { try last($0.input) })
      leaving = try states.map { try last($0.output) }
    }
    for batch in leaving.indices {
      let states = entering.map { $0[batch] } + [leaving[batch]]
      for gathering in gatherings { try gathering.observe(states) }
    }
    for gathering in gatherings { try gathering.finish(into: &findings) }
  }
}
