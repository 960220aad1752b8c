public import BillhookModels
import BillhookTorch

/// Scores the units of a model: gathers the evidence that a criterion asks for, then asks it.
public struct Scoring {
  private let model: LanguageModel
  private let unit: any PruningUnit
  private let context: RunContext

  /// Scoring of a model's units of one kind.
  public init(_ model: LanguageModel, _ unit: any PruningUnit, _ context: RunContext) {
    self.model = model
    self.unit = unit
    self.context = context
  }

  /// What scoring measured, before it is made into scores.
  public enum Measured {
    /// For each unit, one number for each weight that counts.
    case saliencies([[Double]])
    /// Evidence with one result for each unit.
    case findings(Findings)
  }

  /// Gathers what a criterion needs to score the units.
  ///
  /// - Parameters:
  ///   - criterion: A saliency criterion or a direct one.
  ///   - tokens: The calibration set; may be nil for a criterion that needs no evidence.
  /// - Returns: What `scores(by:from:)` makes scores of.
  /// - Throws: What the criterion and its evidence throw.
  public func measure(for criterion: any Criterion, on tokens: TokenSet?) throws -> Measured {
    let units = unit.units(of: model)
    let tokens = try calibration(for: criterion, tokens)
    return switch criterion {
    case let criterion as any SaliencyCriterion:
      .saliencies(try saliencies(criterion, units, tokens))
    case let criterion as any DirectCriterion:
      .findings(try removals(criterion, units, tokens))
    default:
      throw ScoreError(
        criterion.signature,
        "is neither a SaliencyCriterion nor a DirectCriterion"
      )
    }
  }

  /// Makes scores of what was measured.
  ///
  /// - Parameters:
  ///   - criterion: The criterion that it was measured for.
  ///   - measured: What `measure(for:on:)` gave.
  ///   - notes: Called with what the user should know.
  /// - Returns: The score of each unit.
  /// - Throws: `ScoreError` for scores that cannot be used, and what the criterion throws.
  public func scores(
    by criterion: any Criterion,
    from measured: Measured,
    notes: (String) -> Void = { _ in }
  ) throws -> Scores {
    let units = unit.units(of: model)
    var values: [Double] = []
    switch (measured, criterion) {
    case (.saliencies(let saliencies), let criterion as any SaliencyCriterion):
      for (unit, saliency) in zip(units, saliencies) {
        guard let value = criterion.reduction.combine(saliency) else {
          throw ScoreError(criterion.signature, "found nothing to score in \(unit.label)")
        }
        values.append(value)
      }
    case (.findings(let findings), let criterion as any DirectCriterion):
      values = try criterion.scores(of: units, findings, notes: notes)
    default:
      throw ScoreError(criterion.signature, "was given what another criterion measured")
    }
    return try Scores(
      criterion: criterion.signature,
      scale: criterion.scale,
      units: units,
      values: values
    )
  }

  private func calibration(for criterion: any Criterion, _ tokens: TokenSet?) throws -> TokenSet? {
    guard !criterion.evidence.isEmpty else { return nil }
    guard let tokens, tokens.targetCount > 0 else {
      throw ScoreError(criterion.signature, "needs calibration data, and was given none")
    }
    return tokens
  }

  // MARK: A value for each weight

  private func saliencies(
    _ criterion: any SaliencyCriterion,
    _ units: [PrunableUnit],
    _ tokens: TokenSet?
  ) throws -> [[Double]] {
    let unitsByBlock = Dictionary(grouping: units.indices, by: { units[$0].block })
    var values = [[Double]](repeating: [], count: units.count)

    func score(_ step: BlockStep, _ findings: Findings) throws {
      var known: [WeightRole: Tensor] = [:]
      func saliency(of id: WeightID) throws -> Tensor {
        if let saliency = known[id.role] { return saliency }
        // In f32 whatever the recipe computes in, since squares and products of small numbers
        // vanish in shorter types.
        let weight =
          context.dtype == .float32
          ? try step.weights.require(id.role)
          : try model.weights.tensor(id, dtype: .float32, device: context.device)
        let saliency = try criterion.saliency(of: weight, id, findings)
        known[id.role] = saliency
        return saliency
      }
      for index in unitsByBlock[step.number] ?? [] {
        let slices = units[index].slices.filter { criterion.reduction.kinds.contains($0.role.kind) }
        values[index] = try slices.map { slice in
          try criterion.reduction.reduce(slice.part(of: saliency(of: slice.weight)))
        }
      }
    }

    let traversal = Traversal(model, context)
    guard let tokens else {
      try traversal.weights { try score($0, Findings()) }
      return values
    }
    let gradients = try gradientEvidence(of: criterion)
    let gatherings = gradients.map { Gathering.gradients($0) }
    try traversal.backward(
      tokens,
      kinds: criterion.reduction.kinds,
      onePerBatch: gradients.contains { $0.needsSamples },
      visit: { _, batch in for gathering in gatherings { try gathering.observe(batch) } },
      leave: { step in
        var findings = Findings()
        for gathering in gatherings { try gathering.finish(into: &findings) }
        try score(step, findings)
      }
    )
    return values
  }

  private func gradientEvidence(of criterion: any Criterion) throws -> [any GradientEvidence] {
    try criterion.evidence.distinct.map { evidence in
      guard let evidence = evidence as? any GradientEvidence else {
        throw EvidenceError(
          evidence: evidence.signature,
          "is not gathered block by block, as the criterion `\(criterion.signature)` needs it"
        )
      }
      return evidence
    }
  }

  // MARK: One value for a unit

  private func removals(
    _ criterion: any DirectCriterion,
    _ units: [PrunableUnit],
    _ tokens: TokenSet?
  ) throws -> Findings {
    var findings = Findings()
    if let tokens {
      let evidence = try criterion.evidence.distinct.map { evidence in
        guard let evidence = evidence as? any RemovalEvidence else {
          throw EvidenceError(
            evidence: evidence.signature,
            "is not gathered unit by unit, as the criterion `\(criterion.signature)` needs it"
          )
        }
        return Gathering.removals(evidence)
      }
      let losses = try Traversal(model, context).losses(
        on: tokens,
        candidates: units.map { unit.closing([$0], in: model.gates) }
      )
      for batches in losses {
        for gathering in evidence {
          for loss in batches { try gathering.observe(loss) }
          try gathering.finish(into: &findings)
        }
      }
    }
    return findings
  }
}
