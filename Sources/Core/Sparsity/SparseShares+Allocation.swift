import BillhookFiles
package import BillhookModels

extension SparseShares {
  /// Divides a share as an allocation says.
  ///
  /// - Parameters:
  ///   - percent: The share of all weights of these projections that are zero afterwards, in hundredths.
  ///   - roles: The projections.
  ///   - model: The model as it stands.
  ///   - keep: The blocks in which nothing goes.
  ///   - allocation: What the shares are of.
  ///   - shares: The shares of blocks or matrices.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  /// - Throws: `BudgetError` when what is left cannot lose that much.
  package init(
    _ percent: Double,
    of roles: Set<WeightRole>,
    in model: LanguageModel,
    keeping keep: Keep,
    by allocation: any ProportionalAllocation,
    _ shares: AllocatedShares,
    openedBlocks: Int
  ) throws(BudgetError) {
    let regions = Self.regions(of: roles, in: model, keeping: keep, shares, openedBlocks)
    let sizes = regions.map { $0.isOpen ? Double($0.count) : 0 }
    let all = regions.reduce(0) { $0 + $1.count }
    guard let open = regions.first(where: { $0.isOpen && $0.count > 0 }) else {
      throw BudgetError("`\(keep)` leaves no block in which weights may go", isAboutKeep: true)
    }
    let amount = percent / 100 * Double(all) / sizes.reduce(0, +)
    let fitted = try allocation.checkedShares(
      regions.map(\.share),
      of: regions.map(\.name),
      sizes: sizes,
      for: min(1, amount)
    )
    if case .blocks = shares, allocation.most >= 1 {
      var byNumber = [Double](repeating: 0, count: openedBlocks)
      for (region, share) in zip(regions, fitted) { byNumber[region.block] = share }
      let isEven = zip(regions, fitted).allSatisfy { !$0.isOpen || $1 == fitted[open.index] }
      try self.init(
        percent,
        of: roles,
        in: model,
        keeping: keep,
        shares: isEven && fitted[open.index] > 0 ? nil : byNumber,
        openedBlocks: openedBlocks
      )
      return
    }
    guard zip(sizes, fitted).contains(where: { $0 > 0 && $1 > 0 }) else { throw Self.noShare }
    guard
      let parts = Apportionment.parts(of: amount, by: fitted, sizes: sizes, most: allocation.most)
    else {
      throw Self.tooMuch(percent, of: all, amount, allocation, keep, regions)
    }
    var blocks: [Int: (lost: Double, count: Double)] = [:]
    var matrices: [WeightID: Double] = [:]
    for (region, part) in zip(regions, parts) where region.isOpen && region.count > 0 {
      let before = blocks[region.block] ?? (0, 0)
      let count = Double(region.count)
      blocks[region.block] = (before.lost + part * count, before.count + count)
      if let id = region.id { matrices[id] = 100 * part }
    }
    self.init(
      percents: blocks.mapValues { 100 * $0.lost / $0.count },
      matrices: matrices.isEmpty ? nil : matrices
    )
  }

  /// A block or a matrix that has a share.
  private struct Region {
    let index: Int
    let block: Int
    let id: WeightID?
    let count: Int
    let share: Double
    let isOpen: Bool

    var name: String { id.map { "\($0)" } ?? "block \(block)" }
  }

  private static func regions(
    of roles: Set<WeightRole>,
    in model: LanguageModel,
    keeping keep: Keep,
    _ shares: AllocatedShares,
    _ openedBlocks: Int
  ) -> [Region] {
    let found: [(block: Int, id: WeightID?, count: Int, share: Double)] =
      switch shares {
      case .blocks(let shares):
        sizes(of: roles, in: model).map { block, count in
          (block, nil, count, shares.indices.contains(block) ? shares[block] : 0)
        }
      case .matrices(let shares):
        model.configuration.allWeights.compactMap { id, shape in
          guard let block = id.block, roles.contains(id.role) else { return nil }
          return (block, id, shape.reduce(1, *), shares[id] ?? 0)
        }
      }
    return found.enumerated().map { index, region in
      Region(
        index: index,
        block: region.block,
        id: region.id,
        count: region.count,
        share: region.share,
        isOpen: !keep.contains(region.block, of: openedBlocks)
      )
    }
  }

  private static func tooMuch(
    _ percent: Double,
    of all: Int,
    _ amount: Double,
    _ allocation: any ProportionalAllocation,
    _ keep: Keep,
    _ regions: [Region]
  ) -> BudgetError {
    let open = Set(regions.filter(\.isOpen).map(\.block)).count
    let count = Set(regions.map(\.block)).count
    let what = allocation.isOfMatrices ? "matrix" : "block"
    return BudgetError(
      "`remove \(rounded(percent))%` of all \(all) weights would be \(rounded(100 * amount)) % of those "
        + "that may go"
        + (open < count ? ", since `\(keep)` leaves \(open) of \(count) blocks" : "")
        + ", but `allocate \(type(of: allocation).name)` takes at most "
        + "\(rounded(100 * allocation.most)) % of a \(what)"
        + (regions.contains { $0.isOpen && $0.share == 0 }
          ? ", and nothing where its share is 0" : "")
        + "; remove less, or let it take more of each"
    )
  }
}
