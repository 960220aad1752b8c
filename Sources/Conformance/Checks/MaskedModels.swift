import BillhookCore

/// Single weights of any projection: of neighbouring pairs one stays, or half of each group.
struct AnyWeight: SparseUnit {
  static let name = "any_weight"
  static let summary = "Single weights, as trials prune them."
  var roles = WeightRole.projections
  var pattern: SparsityPattern?
  var group: ComparisonGroup?
  var rounding = CountRounding.down
  var choice: MaskChoice?
  var order: SequentialOrder?
}

extension Trial {
  /// The share of weights that trials ask for, in hundredths.
  static let share = 50.0

  /// The model without half of its weights, or what a pattern leaves of them.
  ///
  /// - Parameters:
  ///   - setting: What chooses and adjusts.
  ///   - tokens: What is measured, where anything is.
  ///   - tokensAtOnce: About how many tokens run at once; nil for the usual number.
  ///   - start: The model that loses them; nil for that of the trial.
  ///   - percent: The share that goes where there is no pattern, in hundredths.
  /// - Returns: The model with masks.
  /// - Throws: What the pass throws.
  func masked(
    by setting: SparseSetting,
    on tokens: TokenSet,
    tokensAtOnce: Int? = nil,
    from start: LanguageModel? = nil,
    percent: Double = Trial.share
  ) throws -> LanguageModel {
    let shares = try SparseShares(
      setting.unit.pattern?.percent ?? percent,
      of: setting.unit.roles,
      in: start ?? model,
      keeping: Keep(),
      shares: nil,
      openedBlocks: model.blocks.count
    )
    let folder = place("masks")
    let context = context(tokensAtOnce: tokensAtOnce, scratch: "\(folder)/scratch")
    return try SparsePass(setting, shares, context, in: folder)
      .run(start ?? model, on: setting.evidence.isEmpty ? nil : tokens)
  }

  /// How many weights of each matrix are zero when the smallest of each go by some shares.
  func zeros(by shares: SparseShares) throws -> [WeightID: Int] {
    guard let magnitude = Self.magnitude else { return [:] }
    var unit = AnyWeight()
    unit.group = .matrix
    let folder = place("masks")
    let context = context(tokensAtOnce: nil, scratch: "\(folder)/scratch")
    return try SparsePass(SparseSetting(unit, by: magnitude), shares, context, in: folder)
      .run(model, on: nil).maskedCounts()
  }
}
