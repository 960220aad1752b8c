import BillhookCore

extension Trial {
  /// Shows a repair projections of the first block, which lose nothing or a part.
  func checkReconstruction(_ repair: any Repair, _ verdict: inout Verdict) {
    let evidence = repair.evidence.compactMap { $0 as? any ActivationEvidence }
    guard evidence.count == repair.evidence.count else { return }
    for (loss, role) in losses where repair.granularities.contains(loss) {
      let what = "\(role.rawValue) that loses \(loss == .weight ? "weights" : "columns")"
      let found = verdict.answer("\(name): \(what)") {
        let batches = try firstBlock()
        var statistics = Statistics()
        for evidence in evidence { try gather(evidence, of: batches, into: &statistics) }
        let layer = try TriedProjection(WeightID(role, block: 0), of: model, batches)
        let nothing = try layer.change(repair, losing: 0, in: loss, statistics)
        let plain = try layer.change(nil, losing: 0.4, in: loss, statistics)
        let made = try layer.change(repair, losing: 0.4, in: loss, statistics)
        return try (
          moved: layer.size(of: nothing), plain: layer.error(of: plain), made: layer.error(of: made)
        )
      }
      guard let found else { return }
      verdict.require(
        found.moved <= 1e-5,
        .unmoved,
        "\(name): \(role.rawValue) that loses nothing is changed by \(found.moved) of its scale"
      )
      verdict.require(
        found.made <= (1 + 1e-4) * found.plain,
        .reconstruction,
        "\(name): the error of \(what) is \(found.made), and \(found.plain) without the repair"
      )
    }
  }

  /// What may go, and a projection that loses by it.
  private var losses: [(UnitGranularity, WeightRole)] {
    [(.heads, .output), (.channels, .down), (.weight, .key)]
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

/// A projection with its inputs over all tokens.
private struct TriedProjection {
  private let id: WeightID
  /// `[out, in]`.
  private let weight: Tensor
  /// `[tokens, in]` in f64.
  private let inputs: Tensor

  init(_ id: WeightID, of model: LanguageModel, _ batches: [BlockActivations]) throws {
    self.id = id
    let weight = try model.weights.tensor(id, dtype: .float32, device: .cpu)
    self.weight = weight
    let parts = try batches.compactMap { $0.inputs[id.role.input] }
      .map { try $0.to(.float64).reshaped([-1, weight.shape[1]]) }
    inputs = try .joined(parts, along: 0)
  }

  /// The differences of weights, `[out, in]`, and of biases, `[out, 1]`.
  struct Change {
    let weight: Tensor
    let bias: Tensor
  }

  /// What becomes different when a share of the columns, or of each row, goes.
  func change(
    _ repair: (any Repair)?,
    losing share: Double,
    in loss: UnitGranularity,
    _ statistics: Statistics
  ) throws -> Change {
    let (rows, width) = (weight.shape[0], weight.shape[1])
    let count = Int(share * Double(width))
    let places = try Tensor.arange(to: Double(width), dtype: .int64)
    // Of single weights each row loses others.
    let order =
      loss == .weight
      ? try weight.abs().sorted(1).positions.sorted(1).positions
      : try places.unsqueezed(0) + Tensor.zeros([rows, 1], dtype: .int64)
    let mask = try .!(order .< Double(count))
    let cut =
      loss == .weight
      ? ProjectionCut(id: id, weight: weight, mask: mask)
      : ProjectionCut(id: id, weight: weight, columns: Array(0..<count))
    let repaired = try repair?.repaired(cut, statistics)
    let new = try mask.choosing(repaired?.weight ?? weight, else: .zeros([]))
    return Change(
      weight: try (new - weight).to(.float64),
      bias: try (repaired?.addedBias ?? .zeros([rows])).to(.float64).unsqueezed(1)
    )
  }

  /// The largest change, relative to the largest weight.
  func size(of change: Change) throws -> Double {
    let largest = max(
      try change.weight.abs().max().scalar(),
      try change.bias.abs().max().scalar()
    )
    return try largest / weight.abs().max().scalar()
  }

  /// The sum of squared differences of outputs over all tokens.
  func error(of change: Change) throws -> Double {
    try (change.weight.matmul(inputs.transposed(0, 1)) + change.bias).pow(2).sum().scalar()
  }
}
