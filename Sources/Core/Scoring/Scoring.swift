import BillhookEngine
public import BillhookModels

/// Scores the units of a model: gathers the evidence that a criterion asks for, then asks it.
public struct Scoring {
  let model: LanguageModel
  let units: [any PruningUnit]
  let context: RunContext
  /// Hidden states that earlier scorings of nearly the same model left behind, on the same tokens.
  package var tree: StateTree?
  /// Where the progress of gathering evidence is kept; nil for nowhere.
  package var folder: PassFolder?

  /// Scoring of a model's units of some kinds, in one traversal.
  public init(_ model: LanguageModel, _ units: [any PruningUnit], _ context: RunContext) {
    self.model = model
    self.units = units
    self.context = context
  }

  /// What scoring measured, before it is made into scores; one for each kind of units.
  public enum Measured {
    /// A score for each unit.
    case values([[Double]])
    /// Evidence.
    case statistics([Statistics])
  }

  /// Gathers what a criterion needs to score the units.
  ///
  /// - Parameters:
  ///   - criterion: A saliency criterion, one of inputs, or a direct one.
  ///   - tokens: The calibration set; may be nil for a criterion that needs no evidence.
  /// - Returns: What `scores(by:from:)` makes scores of.
  /// - Throws: What the criterion and its evidence throw.
  public func measure(for criterion: any Criterion, on tokens: TokenSet?) throws -> Measured {
    for unit in units where !criterion.granularities.contains(unit.granularity) {
      throw ScoreError(criterion.signature, "cannot score units like \(type(of: unit).name)")
    }
    for unit in units {
      let blocks = try unit.checkedUnits(of: model)
      if let obstacle = (criterion as? any InputCriterion)?.obstacle(to: blocks) {
        throw ScoreError(criterion.signature, obstacle)
      }
    }
    let tokens = try calibration(for: criterion, tokens)
    switch criterion {
    case let criterion as any SaliencyCriterion:
      return .values(
        try blockwise(criterion, tokens, kinds: criterion.reduction.kinds) {
          try saliencies(criterion, $0, $1, $2)
        }
      )
    case let criterion as any InputCriterion:
      return .values(
        try blockwise(criterion, tokens, kinds: [.projection]) {
          try importances(criterion, $0, $1, $2)
        }
      )
    case let criterion as any DirectCriterion:
      return .statistics(try pass(for: criterion, tokens).all(units: units, tree: tree))
    default:
      throw ScoreError(
        criterion.signature,
        criterion is any UpdateCriterion
          ? "scores in a training; `gradual` and `recover` in `prune` train while units go"
          : "is not a SaliencyCriterion, InputCriterion or DirectCriterion"
      )
    }
  }

  /// Makes scores of what was measured.
  ///
  /// - Parameters:
  ///   - criterion: The criterion that it was measured for.
  ///   - measured: What `measure(for:on:)` gave.
  ///   - notes: Called with what the user should know.
  /// - Returns: The scores of each kind of units.
  /// - Throws: `ScoreError` for scores that cannot be used, and what the criterion throws.
  public func scores(
    by criterion: any Criterion,
    from measured: Measured,
    notes: (String) -> Void = { _ in }
  ) throws -> [Scores] {
    try units.enumerated().map { index, unit in
      let blocks = unit.units(of: model)
      var spans: [[Double]]?
      var whole: Double?
      let values: [Double]
      switch (measured, criterion) {
      case (.statistics(let statistics), let criterion as any DirectCriterion):
        let units = blocks.flatMap(\.all)
        values = try criterion.answer { try criterion.scores(of: units, statistics[index]) }
        let noted = GatheredNotes()
        noted.take(statistics[index])
        noted.texts.forEach(notes)
        if criterion.scale == .loss { whole = statistics[index].whole?.mean }
        if let criterion = criterion as? any SpanCriterion, criterion.isTogether {
          spans = try criterion.answer { try criterion.spanScores(of: units, statistics[index]) }
        }
      case (.values(let found), is any SaliencyCriterion),
        (.values(let found), is any InputCriterion):
        values = found[index]
      default: throw ScoreError(criterion.signature, "was given what another criterion measured")
      }
      do {
        return try Scores(
          criterion: criterion.signature,
          scale: criterion.scale,
          blocks: blocks,
          values: values,
          spans: spans.map { (rows) throws(ScoreError) in
            try SpanScores(rows, of: blocks.flatMap(\.all), by: criterion.signature)
          },
          whole: whole
        )
      } catch {
        // Checked before the criterion is blamed for scores that are not finite.
        try model.requireFiniteWeights()
        throw error
      }
    }
  }

  private func calibration(for criterion: any Criterion, _ tokens: TokenSet?) throws -> TokenSet? {
    guard !criterion.evidence.isEmpty else { return nil }
    guard let tokens, tokens.targetCount > 0 else {
      throw ScoreError(criterion.signature, "needs calibration data, and was given none")
    }
    return tokens
  }

  /// What gathers the evidence that a criterion asks for.
  func pass(for criterion: any Criterion, _ tokens: TokenSet?) -> EvidencePass {
    EvidencePass(
      criterion.evidence,
      for: "the criterion `\(criterion.signature)`",
      of: model,
      on: tokens,
      context,
      in: folder
    )
  }
}
