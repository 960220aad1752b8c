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
    let places = Self.places(of: roles, in: model, keeping: keep, shares, openedBlocks)
    let sizes = places.map { $0.isOpen ? Double($0.count) : 0 }
    let all = places.reduce(0) { $0 + $1.count }
    guard let open = places.first(where: { $0.isOpen && $0.count > 0 }) else {
      throw BudgetError("`\(keep)` leaves no block in which weights may go", isAboutKeep: true)
    }
    let amount = percent / 100 * Double(all) / sizes.reduce(0, +)
    let fitted = try allocation.checkedShares(
      places.map(\.share),
      of: places.map(\.name),
      sizes: sizes,
      for: min(1, amount)
    )
    if case .blocks = shares, allocation.most >= 1 {
      var byNumber = [Double](repeating: 0, count: openedBlocks)
      for (place, share) in zip(places, fitted) { byNumber[place.block] = share }
      let isEven = zip(places, fitted).allSatisfy { !$0.isOpen || $1 == fitted[open.index] }
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
      throw Self.tooMuch(percent, of: all, amount, allocation, keep, places)
    }
    var blocks: [Int: (lost: Double, count: Double)] = [:]
    var matrices: [WeightID: Double] = [:]
    for (place, part) in zip(places, parts) where place.isOpen && place.count > 0 {
      let before = blocks[place.block] ?? (0, 0)
      let count = Double(place.count)
      blocks[place.block] = (before.lost + part * count, before.count + count)
      if let id = place.id { matrices[id] = 100 * part }
    }
    self.init(
      percents: blocks.mapValues { 100 * $0.lost / $0.count },
      matrices: matrices.isEmpty ? nil : matrices
    )
  }

  /// A block or a matrix that has a share.
  private struct Place {
    let index: Int
    let block: Int
    let id: WeightID?
    let count: Int
    let share: Double
    let isOpen: Bool

    var name: String { id.map { "\($0)" } ?? "block \(block)" }
  }

  private static func places(
    of roles: Set<WeightRole>,
    in model: LanguageModel,
    keeping keep: Keep,
    _ shares: AllocatedShares,
    _ openedBlocks: Int
  ) -> [Place] {
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
    return found.enumerated().map { index, place in
      Place(
        index: index,
        block: place.block,
        id: place.id,
        count: place.count,
        share: place.share,
        isOpen: !keep.contains(place.block, of: openedBlocks)
      )
    }
  }

  private static func tooMuch(
    _ percent: Double,
    of all: Int,
    _ amount: Double,
    _ allocation: any ProportionalAllocation,
    _ keep: Keep,
    _ places: [Place]
  ) -> BudgetError {
    let open = Set(places.filter(\.isOpen).map(\.block)).count
    let count = Set(places.map(\.block)).count
    let what = allocation.isOfMatrices ? "matrix" : "block"
    return BudgetError(
      "`remove \(rounded(percent))%` of all \(all) weights would be \(rounded(100 * amount)) % of those "
        + "that may go"
        + (open < count ? ", since `\(keep)` leaves \(open) of \(count) blocks" : "")
        + ", but `allocate \(type(of: allocation).name)` takes at most "
        + "\(rounded(100 * allocation.most)) % of a \(what)"
        + (places.contains { $0.isOpen && $0.share == 0 }
          ? ", and nothing where its share is 0" : "")
        + "; remove less, or let it take more of each"
    )
  }
}
