package import BillhookCore
/// How a model gets smaller over several removals, as far as that is known before any scoring.
///
/// A scoring decides which units go, not how many. So after the first scored removal, sizes are
/// known, and only what no choice could satisfy is an error.
package struct PruningCourse {
  let opened: LanguageModel
  /// The model as it would be if the scores fell in the order of the numbers.
  package var model: LanguageModel
  /// The model as it was when it was last known which blocks are left; none that was gone then comes back.
  private(set) var withKnownBlocks: LanguageModel
  /// Whether it is known which blocks are left.
  private(set) var areBlocksKnown = true
  /// Whether the model's size is known, whatever the scores are.
  var isSizeKnown = true
  /// Whether it is known which units are left.
  package var isKnown = true
  /// Whether it is known how much is left of which block.
  var isShapeKnown = true
  /// Whether it is known how much is left of each block, if not of which.
  var isEven = true

  /// The units of which only scores tell how many are left of some blocks.
  private var openUnits: [UnitGranularity: OpenUnits] = [:]

  /// What scores decide of the units of one kind.
  private struct OpenUnits {
    /// What removals leave multiples of: a block that a later one leaves alone is as an earlier one left it.
    var multiples: Set<Int> = []
    /// The blocks that may lose some.
    var blocks: Set<Int> = []
  }

  /// The keyword of a step that changed numbers since the model was opened; nil where none did.
  var changedBy: String?

  /// Why the model cannot be saved as it stands, and what to do; nil where it can.
  var obstacleToSaving: String?

  package init(_ opened: LanguageModel) {
    self.opened = opened
    (model, withKnownBlocks) = (opened, opened)
  }

  /// What is known of a removal.
  package struct Removal {
    let budget: Budget
    let prospect: Budget.Prospect
    /// Warnings about what a user may not expect of it.
    package let remarks: [String]
  }

  /// Goes on with a model that is known, from what earlier runs found.
  mutating func goOn(with known: LanguageModel) {
    (model, withKnownBlocks) = (known, known)
    (isKnown, isSizeKnown, isShapeKnown, isEven) = (true, true, true, true)
    areBlocksKnown = true
    openUnits = [:]
  }

  /// The units of which only scores tell how many are left of blocks that nothing keeps, with what removals
  /// leave multiples of.
  func openWidths(outside keep: Keep) -> [UnitGranularity: Set<Int>] {
    let count = opened.blocks.count
    return openUnits.filter { $0.value.blocks.contains { !keep.contains($0, of: count) } }
      .mapValues(\.multiples)
  }

  /// Notes that scores decide how many of some units each block keeps, but for those that are kept whole.
  mutating func leaveOpen(_ units: [any PruningUnit], keeping keep: Keep) {
    let count = opened.blocks.count
    let blocks = opened.blocks.map(\.sourceIndex).filter { !keep.contains($0, of: count) }
    for unit in units where [.heads, .channels].contains(unit.granularity) {
      let multiple = unit.units(of: opened).map(\.multiple).min() ?? 1
      openUnits[unit.granularity, default: OpenUnits()].multiples.insert(multiple)
      openUnits[unit.granularity]?.blocks.formUnion(blocks)
    }
  }

  /// Notes whether a removal leaves it known which blocks the model has.
  mutating func noteBlocks(areKnown: Bool) {
    areBlocksKnown = areBlocksKnown && areKnown
    if areBlocksKnown { withKnownBlocks = model }
  }

  /// What some parts name that the model will not have, in words; nil where it has everything, or nobody
  /// knows yet.
  func problem(with parts: TrainedParts) -> String? {
    if isKnown || parts.parts.isEmpty { return parts.problem(with: model) }
    for part in parts.parts {
      let one = TrainedParts([part])
      let problem =
        switch part {
        case .block: one.problem(with: withKnownBlocks)
        // Numbers of blocks are known with sizes.
        case .first, .last: one.problem(with: isSizeKnown ? model : withKnownBlocks)
        // Another choice may leave what this one takes, and repairs add biases.
        case .kind: one.problem(with: opened) == nil ? nil : one.problem(with: model)
        }
      if let problem { return problem }
    }
    return nil
  }

  /// Why an amount of memory has no meaning.
  ///
  /// Numbers that were in the blocks of a file are not in them any more, once they were changed.
  ///
  /// - Parameters:
  ///   - amount: What was asked for.
  ///   - isRepaired: Whether what stays is changed at once.
  /// - Returns: The reason; nil where it has a meaning.
  func problem(withSizes amount: Amount, isRepaired: Bool) -> String? {
    guard amount.cacheLoad != nil, let keyword = changedBy ?? (isRepaired ? "repair" : nil),
      !opened.blockKinds.isEmpty
    else { return nil }
    let types = opened.blockKinds.map(\.name).joined(separator: " and ")
    return "`\(amount)` counts the bytes of a model that was opened from \(types), and what "
      + "`\(keyword)` changes is f32 from then on; ask for it before, or for parameters"
  }

  /// The shape of the model, as far as it is known.
  ///
  /// Where scores decide which blocks are left and all are alike, the numbers of blocks are left out.
  var shape: ModelShapeSummary? {
    let shape = ModelShapeSummary(model)
    guard !isShapeKnown else { return shape }
    return isEven && isSizeKnown && shape.isUniform ? shape.withoutNumbers : nil
  }
}
