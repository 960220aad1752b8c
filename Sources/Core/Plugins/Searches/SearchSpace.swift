package import BillhookModels

/// The units that a search may remove, all in one order, and how much has to go.
///
/// What goes is told by a list with a truth value for each unit, true = keep. Where a block or a
/// sub-layer goes, what is said of the units inside of it does not matter.
public struct SearchSpace: Sendable {
  /// How much has to go.
  public enum Goal: Sendable, Equatable {
    /// So many units of each kind.
    case units([UnitGranularity: Int])
    /// So much of the model's size as lies in a range: parameters, or bytes.
    case size(ClosedRange<Int>)
  }

  /// The units in which some may go: kind after kind, block after block.
  public let blocks: [BlockUnits]
  /// The units of each element of `blocks`, by their indices among all.
  public let ranges: [Range<Int>]
  /// How much has to go.
  public let goal: Goal
  /// The number of blocks that the model has, with those in which nothing may go.
  public let blockCount: Int
  /// The size of the model, in what the goal counts: parameters, or bytes.
  public let size: Int
  /// What goes with each unit of an element of `blocks`, in the same.
  public let costs: [Int]
  /// What the size is counted in, in the plural.
  public let noun: String
  /// For each element of `blocks`, those whose unit it goes with: its sub-layer, or its block.
  let covers: [[Int]]

  /// Describes a space in which size is counted in parameters.
  ///
  /// - Parameters:
  ///   - blocks: The units in which some may go.
  ///   - goal: How much has to go.
  ///   - model: The model.
  package init(_ blocks: [BlockUnits], goal: Goal, of model: LanguageModel) {
    self.init(
      blocks,
      goal: goal,
      blockCount: model.blocks.count,
      size: model.parameterCount,
      costs: blocks.map(\.parameterCount),
      noun: "parameters"
    )
  }

  /// Describes a space.
  init(
    _ blocks: [BlockUnits],
    goal: Goal,
    blockCount: Int,
    size: Int,
    costs: [Int],
    noun: String
  ) {
    self.blocks = blocks
    self.goal = goal
    self.blockCount = blockCount
    self.size = size
    self.costs = costs
    self.noun = noun
    var start = 0
    ranges = blocks.map { units in
      defer { start += units.count }
      return start..<start + units.count
    }
    covers = blocks.map { units in
      blocks.indices.filter { other in
        blocks[other].block == units.block && blocks[other].granularity.contains(units.granularity)
      }
    }
  }

  /// The number of units.
  public var count: Int { ranges.last?.upperBound ?? 0 }

  /// Everything stays.
  public var all: [Bool] { [Bool](repeating: true, count: count) }

  /// The kinds of units.
  public var granularities: [UnitGranularity] {
    blocks.map(\.granularity).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Values by which the same share of each block goes, the first units first.
  var evenly: [Double] {
    blocks.flatMap { units in (0..<units.count).map { Double($0) / Double(units.count) } }
  }

  /// Whether the units of an element of `blocks` go with something larger.
  public func isCovered(_ index: Int, _ kept: [Bool]) -> Bool {
    covers[index].contains { !kept[ranges[$0].lowerBound] }
  }

  /// Whether the units of an element of `blocks` go with the unit of another one: a sub-layer, or a block.
  public func isInside(_ index: Int, of other: Int) -> Bool { covers[index].contains(other) }

  /// The number of units of an element of `blocks` that stay.
  public func keptCount(_ index: Int, _ kept: [Bool]) -> Int { kept[ranges[index]].count { $0 } }

  /// The parameters that go, as a saved model lacks them.
  public func parametersGone(_ kept: [Bool]) -> Int {
    blocks.indices.reduce(0) { sum, index in
      guard !isCovered(index, kept) else { return sum }
      return sum + (blocks[index].count - keptCount(index, kept)) * blocks[index].parameterCount
    }
  }

  /// What goes of the model's size, in what the goal counts.
  public func sizeGone(_ kept: [Bool]) -> Int {
    blocks.indices.reduce(0) { sum, index in
      guard !isCovered(index, kept) else { return sum }
      return sum + (blocks[index].count - keptCount(index, kept)) * costs[index]
    }
  }

  /// The units that go; of what goes with something larger, only that.
  package func gone(_ kept: [Bool]) -> [PrunableUnit] {
    blocks.indices.flatMap { index -> [PrunableUnit] in
      guard !isCovered(index, kept) else { return [] }
      let start = ranges[index].lowerBound
      return blocks[index].units(at: blocks[index].places.indices.filter { !kept[start + $0] })
    }
  }

  /// Why a model without these units is none that was asked for; nil where it is one.
  package func fault(_ kept: [Bool]) -> String? {
    guard kept.count == count else { return "names \(kept.count) units of \(count)" }
    for (index, units) in blocks.enumerated() where !isCovered(index, kept) {
      let left = keptCount(index, kept)
      guard left < units.minimum else { continue }
      return "leaves \(left) \(units.kind) in block \(units.block), where at least "
        + "\(units.minimum) have to stay"
    }
    guard blocksGone(kept) < blockCount else { return "leaves no block" }
    switch goal {
    case .units(let wanted):
      for kind in granularities {
        let gone = zip(blocks, ranges).filter { $0.0.granularity == kind }
          .reduce(0) { $0 + kept[$1.1].count { !$0 } }
        guard gone != wanted[kind] ?? 0 else { continue }
        return "removes \(gone) units of a kind of which \(wanted[kind] ?? 0) have to go"
      }
      return nil
    case .size(let range):
      let gone = sizeGone(kept)
      guard !range.contains(gone) else { return nil }
      return "removes \(gone) \(noun), and \(range.lowerBound) to \(range.upperBound) have to go"
    }
  }

  /// The number of blocks of which nothing is left.
  func blocksGone(_ kept: [Bool]) -> Int {
    var parts: [Int: Int] = [:]
    for (units, range) in zip(blocks, ranges) where !kept[range.lowerBound] {
      switch units.granularity {
      case .block: parts[units.block, default: 0] += 2
      case .attention, .mlp: parts[units.block, default: 0] += 1
      default: break
      }
    }
    return parts.values.count { $0 >= 2 }
  }
}

extension UnitGranularity {
  /// Whether a unit of another kind in the same block is a part of one of these.
  fileprivate func contains(_ other: UnitGranularity) -> Bool {
    switch self {
    case .block: other != .block
    case .attention: other == .heads
    case .mlp: other == .channels
    case .heads, .channels, .weight: false
    }
  }

  /// Whether a block has many units of the kind, so that a model becomes narrower without them.
  public var isWidth: Bool { self == .heads || self == .channels }
}
