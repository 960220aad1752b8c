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
  /// Prunes single weights by their size, and looks at what is zero.
  func check(_ unit: any SparseUnit, _ verdict: inout Verdict) {
    let what = "\(name) pruned by \(type(of: unit).name)"
    verdict.require(!unit.roles.isEmpty, .declared, "it names no projection; see `roles`")
    guard let magnitude = Self.magnitude else { return }
    let setting = SparseSetting(unit, by: magnitude)
    // A mask that is chosen slab by slab needs a repair, which has a trial of its own.
    guard setting.obstacle == nil else { return }
    guard let sparse = verdict.answer(what, { try masked(by: setting, on: tokens) }) else { return }
    checkZeros(sparse, setting, what, &verdict)
    let pattern = unit.pattern.map { "pattern = \($0.literalText)" } ?? "remove 50%"
    checkResuming(
      { place in
        """
        prune \(type(of: unit).name) { by magnitude, \(pattern) }
        save "\(place)/out"
        """
      },
      with: unit,
      inStage: "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  /// Has a criterion choose masks.
  func checkMasks(by criterion: any Criterion, _ verdict: inout Verdict) {
    guard let criterion = criterion as? any SaliencyCriterion else {
      let message = "values single weights, so it has to be a SaliencyCriterion"
      return verdict.note(.declared, message)
    }
    let what = "masks on \(name)"
    let setting = SparseSetting(AnyWeight(), by: criterion)
    guard let sparse = verdict.answer(what, { try masked(by: setting, on: tokens) }) else { return }
    checkZeros(sparse, setting, what, &verdict)
    let again = verdict.answer(what) { try masked(by: setting, on: tokens) }
    if let again {
      let differing = verdict.answer(what) { try differences(sparse, again) } ?? 0
      verdict.require(differing == 0, .deterministic, "\(what) differ from one call to the next")
    }
    for size in Self.batchSizes {
      let other = verdict.answer(what) { try masked(by: setting, on: tokens, tokensAtOnce: size) }
      guard let other else { return }
      // Sums in another order may turn around what is all but equal.
      let differing = verdict.answer(what) { try differences(sparse, other) } ?? 0
      verdict.require(
        differing <= 0.002,
        .batches,
        "\(what) are different when \(size) tokens run at once"
      )
    }
    checkResuming(
      { place in
        """
        prune weight on windows { by \(criterion.recipeText()), remove 50% }
        save "\(place)/out"
        """
      },
      with: criterion,
      inStage: "masks",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  /// The model without half of its weights, or what a pattern leaves of them.
  func masked(
    by setting: SparseSetting,
    on tokens: TokenSet,
    tokensAtOnce: Int? = nil
  ) throws -> LanguageModel {
    let shares = try SparseShares(
      setting.unit.pattern?.percent ?? 50,
      of: setting.unit.roles,
      in: model,
      keeping: Keep(),
      shares: nil,
      openedBlocks: model.blocks.count
    )
    let folder = place("masks")
    let context = context(tokensAtOnce: tokensAtOnce, scratch: "\(folder)/scratch")
    return try SparsePass(setting, shares, context, in: folder)
      .run(model, on: setting.evidence.isEmpty ? nil : tokens)
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

  /// Looks at what is zero: as masks say, and as much as was asked for where each matrix has its own
  /// count.
  func checkZeros(
    _ sparse: LanguageModel,
    _ setting: SparseSetting,
    _ what: String,
    areCounted: Bool = true,
    _ verdict: inout Verdict
  ) {
    for (id, shape) in model.configuration.allWeights {
      let found = verdict.answer(what) {
        (
          before: try model.weights.stored(id), after: try sparse.weights.stored(id),
          mask: try sparse.weights.mask(id)
        )
      }
      guard let (before, after, mask) = found else { return }
      guard setting.unit.roles.contains(id.role), let mask else {
        let isSame = verdict.answer(what) { try after.hasSameBytes(as: before) } ?? true
        verdict.require(isSame, .holdsMask, "\(what): \(id) has no mask, and was changed")
        continue
      }
      let zeros = verdict.answer(what) { try after.hasSameBytes(as: before.keeping(mask)) } ?? true
      verdict.require(
        zeros,
        .holdsMask,
        "\(what): \(id) is not as its mask leaves it: +0 where it takes away, and else as before"
      )
      guard areCounted,
        setting.unit.pattern != nil || [.row, .column, .matrix].contains(setting.group)
      else {
        continue
      }
      let gone = verdict.answer(what) {
        shape.reduce(1, *) - Int(try mask.sum(dtype: .int64).scalar())
      }
      let expected = setting.goneCount(of: shape)
      verdict.require(
        gone == expected,
        .counts,
        "\(what): \(gone ?? 0) weights of \(id) are gone, where \(expected) were asked for"
      )
    }
  }

  /// The share of weights of which only one of two models has a zero.
  func differences(_ one: LanguageModel, _ other: LanguageModel) throws -> Double {
    var (differing, all) = (0.0, 0.0)
    for (id, shape) in model.configuration.allWeights {
      guard let mine = try one.weights.mask(id), let theirs = try other.weights.mask(id) else {
        continue
      }
      let same = try (mine .& theirs) .| (.!(mine .| theirs))
      all += Double(shape.reduce(1, *))
      differing += Double(shape.reduce(1, *)) - (try same.sum(dtype: .int64).scalar())
    }
    return all > 0 ? differing / all : 0
  }
}

extension SparseSetting {
  /// How many weights of a matrix go of which half is asked for, or a pattern.
  fileprivate func goneCount(of shape: [Int]) -> Int {
    if let pattern = unit.pattern {
      return shape.reduce(1, *) / pattern.size * pattern.removed
    }
    func half(_ size: Int) -> Int {
      switch unit.rounding {
      case .down: size / 2
      case .nearest: (size + 1) / 2
      case .downPlusOne: size / 2 + 1
      }
    }
    return switch group {
    case .row: shape[0] * half(shape[1])
    case .column: shape[1] * half(shape[0])
    case .matrix, .module, .block, .model: half(shape.reduce(1, *))
    }
  }
}
