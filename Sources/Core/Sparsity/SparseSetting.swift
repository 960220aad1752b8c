package import BillhookEngine
package import BillhookModels

/// How a unit, a criterion and a repair are set together: what each leaves open is decided by the
/// others.
package struct SparseSetting: Sendable {
  /// The weights that can go.
  package let unit: any SparseUnit
  /// What values them.
  package let criterion: any SaliencyCriterion
  /// What improves a mask before anything is adjusted; nil for nothing.
  package let refiner: (any Refiner)?
  /// What adjusts the weights that stay; nil for nothing.
  package let repair: (any Repair)?

  /// Puts them together.
  package init(
    _ unit: any SparseUnit,
    by criterion: any SaliencyCriterion,
    refinedBy refiner: (any Refiner)? = nil,
    repairedBy repair: (any Repair)? = nil
  ) {
    self.unit = unit
    self.criterion = criterion
    self.refiner = refiner
    self.repair = repair
  }

  /// Among which values the lowest are looked for.
  package var group: ComparisonGroup { unit.group ?? criterion.group }

  /// When the mask of a matrix is chosen.
  package var choice: MaskChoice {
    let isWhole = repair?.slab == nil || refiner != nil || groupSpansMatrices
    return unit.choice ?? (isWhole ? .once : .slab)
  }

  /// What is masked before the next part of the model is measured.
  package var order: SequentialOrder {
    unit.order ?? (needsWholeModel || evidence.isEmpty ? SequentialOrder.none : .block)
  }

  /// What is measured.
  package var evidence: [any Evidence] {
    criterion.evidence + (refiner?.evidence ?? []) + (repair?.evidence ?? [])
  }

  /// Whether everything has to be known of the model before anything is masked.
  package var needsWholeModel: Bool {
    (unit.pattern == nil && group == .model)
      || evidence.contains { !($0 is any ActivationEvidence) }
  }

  /// Whether the criterion is made of gradients, which no pass that changes blocks can take.
  package var needsGradients: Bool { evidence.contains { $0 is any GradientEvidence } }

  /// What measures a whole model before anything is masked.
  func pass(
    over model: LanguageModel,
    on tokens: TokenSet?,
    _ context: RunContext,
    in progress: PassFolder?
  ) -> EvidencePass {
    EvidencePass(
      evidence,
      for: "`\(type(of: unit).name)`",
      of: model,
      on: tokens,
      context,
      in: progress
    )
  }

  private var groupSpansMatrices: Bool {
    unit.pattern == nil && [.column, .module, .block, .model].contains(group)
  }

  // MARK: What cannot be

  /// Why these do not go together, and what does; nil where they do.
  package var obstacle: String? {
    if let order = unit.order, order != SequentialOrder.none, needsGradients {
      return "`\(type(of: criterion).name)` is made of gradients of the whole model, so nothing is "
        + "masked before all is measured: write `order = none`, or leave `order` out"
    }
    if unit.pattern == nil {
      if group == .model, repair != nil {
        return
          "with `group = model` masks are known only when all blocks have been measured, too late "
          + "for a repair: use `group = block` or a smaller one"
      }
      if group == .model, refiner != nil {
        return
          "with `group = model` masks are known only when all blocks have been measured, too late "
          + "for this refiner: use `group = block` or a smaller one"
      }
      if group == .model, let order = unit.order, order != SequentialOrder.none {
        return "with `group = model` all blocks are measured before any is masked: write "
          + "`order = none`, or leave `order` out"
      }
      let isTooLate =
        group == .block && (order == .module || order == .stage)
        || group == .module && order == .stage
      if isTooLate {
        return "with `group = \(group.rawValue)` its matrices are masked together, and "
          + "`order = \(order.rawValue)` would mask some before others are measured: use "
          + "`order = \(group == .block ? "block" : "module")`, or `group = matrix`"
      }
    }
    if let criterion = criterion as? any ColumnCriterion, criterion.valuesSets,
      let problem = obstacle(toSetsOf: criterion)
    {
      return problem
    }
    guard unit.choice == .slab else { return nil }
    guard let repair, repair.slab != nil else {
      return "`choose = slab` is for repairs that adjust slab after slab: `repair sparsegpt`"
    }
    return groupSpansMatrices
      ? "`choose = slab` chooses among the columns of one matrix: use `group = row` or "
        + "`group = matrix`" : nil
  }

  /// Why a mask that is refined cannot be chosen slab by slab.
  package static let slabsAreTooEarly =
    "with `choose = slab` a mask is chosen while weights are adjusted, but a refiner needs the whole "
    + "mask before: leave `choose` out"

  private func obstacle(toSetsOf criterion: any ColumnCriterion) -> String? {
    let name = type(of: criterion).name
    guard let pattern = unit.pattern else {
      return
        "`\(criterion.signature)` values what goes together of a pattern: write `pattern = 2:4`, or "
        + "leave that setting of `\(name)` out"
    }
    guard pattern.setCount(atMost: Self.mostSets + 1) > Self.mostSets else { return nil }
    return "more than \(Self.mostSets) sets of \(pattern.removed) can go of \(pattern.size) "
      + "neighbours, too many to compare in each group: use a smaller pattern, or value single "
      + "weights"
  }

  /// The most sets of a pattern that are compared in each group.
  private static let mostSets = 1_000

  /// Why a pattern does not fit a model's matrices; nil where it does, and where there is none.
  package func obstacle(
    on model: LanguageModel,
    open: Set<UnitGranularity> = []
  ) -> String? {
    guard let pattern = unit.pattern else { return nil }
    for (id, shape) in model.configuration.allWeights
    where unit.roles.contains(id.role) && !shape[1].isMultiple(of: pattern.size) {
      if id.role == .down && open.contains(.channels) || id.role == .output && open.contains(.heads)
      {
        continue
      }
      return "the \(shape[1]) inputs of \(id) cannot be divided into groups of \(pattern.size) for "
        + "`pattern = \(pattern.literalText)`: use another pattern, leave \(id.role.rawValue) out of "
        + "`targets`, or cut channels with `multiple_of = \(pattern.size)`"
    }
    if choice == .slab, let slab = repair?.slab, !slab.isMultiple(of: pattern.size) {
      return "a slab of \(slab) columns cannot be divided into groups of \(pattern.size)"
    }
    return nil
  }

  /// What has to be hoped for where only scores will tell the widths of blocks; nil for nothing.
  ///
  /// - Parameters:
  ///   - open: The units whose number in each block is not known, and the multiples that are kept of them.
  ///   - model: The model.
  /// - Returns: A sentence.
  package func condition(
    onOpen open: [UnitGranularity: Set<Int>],
    in model: LanguageModel
  ) -> String? {
    guard let pattern = unit.pattern else { return nil }
    let written = "`pattern = \(pattern.literalText)` needs"
    if unit.roles.contains(.down), let multiples = open[.channels],
      !multiples.allSatisfy({ $0.isMultiple(of: pattern.size) })
    {
      return "scores decide how many channels each block keeps, and \(written) a multiple of "
        + "\(pattern.size), so they may not fit; cut channels with `multiple_of = \(pattern.size)`"
    }
    if unit.roles.contains(.output), open[.heads] != nil,
      let attention = model.blocks.lazy.compactMap(\.attention).first,
      !(attention.queryHeads / attention.keyValueHeads * attention.headSize)
        .isMultiple(of: pattern.size)
    {
      return
        "scores decide how many heads each block keeps, and \(written) the inputs of output to be a "
        + "multiple of \(pattern.size), so they may not fit; remove as many heads from every block, with "
        + "`allocate uniform`"
    }
    return nil
  }
}
