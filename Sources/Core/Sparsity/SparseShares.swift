import BillhookFiles
package import BillhookModels

/// How much of each block's weights are zero afterwards: what is asked of the model as it was opened,
/// divided among the blocks in which weights may go.
package struct SparseShares: Sendable, Equatable {
  /// The share of each block that is pruned, in hundredths, by the block's number.
  package let percents: [Int: Double]
  /// The share of each matrix, where matrices have their own.
  private let matrices: [WeightID: Double]?

  /// The share of a matrix that is pruned, in hundredths; nil in a block in which nothing goes.
  package func percent(of id: WeightID) -> Double? {
    matrices?[id] ?? id.block.flatMap { percents[$0] }
  }

  /// Divides a share among blocks.
  ///
  /// - Parameters:
  ///   - percent: The share of all weights of these projections that are zero afterwards, in hundredths.
  ///   - roles: The projections.
  ///   - model: The model as it stands.
  ///   - keep: The blocks in which nothing goes.
  ///   - shares: Each block's share by its number in the opened model, of which what it loses is in
  ///     proportion; nil for equal ones.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  /// - Throws: `BudgetError` when the blocks that are left cannot lose that much.
  package init(
    _ percent: Double,
    of roles: Set<WeightRole>,
    in model: LanguageModel,
    keeping keep: Keep,
    shares: [Double]?,
    openedBlocks: Int
  ) throws(BudgetError) {
    let sizes = Self.sizes(of: roles, in: model)
    let all = sizes.reduce(0) { $0 + $1.count }
    let open = sizes.filter { !keep.contains($0.block, of: openedBlocks) && $0.count > 0 }
    guard !open.isEmpty else {
      throw BudgetError("`\(keep)` leaves no block in which weights may go", isAboutKeep: true)
    }
    let weighted = open.reduce(0.0) { $0 + Double($1.count) * (shares?[$1.block] ?? 1) }
    guard weighted > 0 else {
      throw Self.noShare
    }
    var percents: [Int: Double] = [:]
    for (block, _) in open {
      let share = shares?[block] ?? 1
      // Without anything to divide, the number stays as it was written.
      percents[block] =
        open.count == sizes.count && shares == nil
        ? percent : percent * Double(all) * share / weighted
    }
    if let (block, most) = percents.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      most >= 100
    {
      throw BudgetError(
        "`remove \(rounded(percent))%` of all \(all) weights would be \(rounded(most)) % of block \(block)"
          + (open.count < sizes.count
            ? ", since `\(keep)` leaves \(open.count) of \(sizes.count) blocks" : "")
          + (shares == nil
            ? "; remove less, or keep fewer blocks" : "; remove less, or give it a smaller share")
      )
    }
    self.init(percents: percents, matrices: nil)
  }

  /// Shares of blocks, and of their matrices where they have their own, in hundredths.
  init(percents: [Int: Double], matrices: [WeightID: Double]?) {
    self.percents = percents
    self.matrices = matrices
  }

  /// Where no block has a share.
  static var noShare: BudgetError {
    BudgetError(
      "the allocation gives no share to any block in which weights may go; give one to some of them"
    )
  }

  /// The same share for each block, which a pattern dictates.
  package init(
    _ pattern: SparsityPattern,
    in model: LanguageModel,
    keeping keep: Keep,
    openedBlocks: Int
  ) throws(BudgetError) {
    let open = model.blocks.map(\.sourceIndex).filter { !keep.contains($0, of: openedBlocks) }
    guard !open.isEmpty else {
      throw BudgetError("`\(keep)` leaves no block in which weights may go", isAboutKeep: true)
    }
    self.init(
      percents: Dictionary(uniqueKeysWithValues: open.map { ($0, pattern.percent) }),
      matrices: nil
    )
  }

  /// The number of weights of each block that can go.
  package static func sizes(
    of roles: Set<WeightRole>,
    in model: LanguageModel
  ) -> [(block: Int, count: Int)] {
    model.blocks.map { block in
      let own = model.configuration.weights(of: block).filter { roles.contains($0.id.role) }
      return (block.sourceIndex, own.reduce(0) { $0 + $1.shape.reduce(1, *) })
    }
  }
}
