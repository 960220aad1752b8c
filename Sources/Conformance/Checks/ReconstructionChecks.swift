import BillhookCore

extension Trial {
  /// Shows a repair projections of the first block, which lose nothing or a part.
  func checkReconstruction(_ repair: any Repair, _ verdict: inout Verdict) {
    let evidence = repair.evidence.compactMap { $0 as? any ActivationEvidence }
    guard evidence.count == repair.evidence.count else { return }
    for (role, loss) in losses(for: repair) {
      let what = "\(role.rawValue) that loses \(loss.text)"
      let found = verdict.answer("\(name): \(what)") {
        let batches = try firstBlock()
        var statistics = Statistics()
        for evidence in evidence { try gather(evidence, of: batches, into: &statistics) }
        let layer = try TriedProjection(WeightID(role, block: 0), of: model, batches)
        return (
          nothing: try layer.outcome(of: repair, losing: 0, loss, statistics),
          part: try layer.outcome(of: repair, losing: 0.4, loss, statistics)
        )
      }
      guard let (nothing, part) = found else { return }
      verdict.require(
        nothing.isIntact && part.isIntact,
        .holdsMask,
        "\(name): the weights or the mask of \(what) are changed where they are; give new ones back"
      )
      verdict.require(
        nothing.size <= 1e-5,
        .unmoved,
        "\(name): \(role.rawValue) that loses nothing is changed by \(nothing.size) of its scale"
      )
      verdict.require(
        part.error <= (1 + 1e-4) * part.plainError,
        .reconstruction,
        "\(name): the error of \(what) is \(part.error), and \(part.plainError) without the repair"
      )
    }
  }

  /// The projections that are tried, and what they lose.
  private func losses(for repair: any Repair) -> [(WeightRole, TriedProjection.Loss)] {
    var losses: [(WeightRole, TriedProjection.Loss)] = []
    if repair.granularities.contains(.heads) { losses.append((.output, .columns)) }
    if repair.granularities.contains(.channels) { losses.append((.down, .columns)) }
    guard repair.granularities.contains(.weight) else { return losses }
    losses.append((.key, .weights))
    guard let slab = repair.slab else { return losses }
    // Several at a time even where a slab is wider than the projection, as with a pattern N:4.
    losses.append((.key, .weightsOnTheWay(step: slab.isMultiple(of: 4) ? 4 : slab)))
    return losses
  }

  private func firstBlock() throws -> [BlockActivations] {
    var batches: [BlockActivations] = []
    _ = try Traversal(model, context()).sequential(
      tokens,
      order: .none,
      observe: { stage, batch in if stage.number == 0 { batches.append(batch) } },
      change: { _ in BlockChange() }
    )
    return batches
  }

  private func gather<E: ActivationEvidence>(
    _ evidence: E,
    of batches: [BlockActivations],
    into statistics: inout Statistics
  ) throws {
    let parts = try batches.map(evidence.observe)
    guard let first = parts.first else { throw TrialError(description: "nothing was observed") }
    statistics.add(
      try evidence.finish(parts.dropFirst().reduce(first, evidence.merge)),
      of: evidence
    )
  }
}
