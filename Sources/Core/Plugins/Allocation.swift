/// Layer-wise allocation of sparsity: how a budget is divided among the blocks of a model.
///
/// A plugin conforms to `RankedAllocation` or to `ProportionalAllocation`.
public protocol Allocation: Plugin {}

extension Allocation {
  /// Allocations are named after `allocate`.
  public static var kind: PluginKind { .allocation }
}

/// Decides by scores which units go first: units of several blocks are compared with each other.
public protocol RankedAllocation: Allocation {
  /// The order in which steps are taken until the budget is met.
  ///
  /// - Parameter rankings: The units of each block, and of each kind, with the steps that can be
  ///   taken.
  /// - Returns: Moves, each a list of rankings that take their next step together.
  /// - Throws: `BudgetError` when the allocation does not fit the units.
  func moves(_ rankings: [Ranking]) throws(BudgetError) -> [[Int]]
}

/// Gives each block a share of what goes, whatever the scores of its units are.
///
/// Inside a block, units are compared by their scores as usual.
public protocol ProportionalAllocation: Allocation {
  /// What has to be measured before there are shares; nothing by default.
  ///
  /// Only what runs through blocks can be: an `ActivationEvidence`. It is measured once for a `prune`,
  /// before anything goes, on the data of the clause `allocate` or of the statement.
  var evidence: [any Evidence] { get }

  /// Each block's share: the part of its units that a block loses is in proportion to it.
  ///
  /// - Parameters:
  ///   - count: The number of blocks of the model as it was opened.
  ///   - statistics: What the declared evidence found: a result for each block that is left,
  ///     `Statistics.blocks(of:)`.
  /// - Returns: A finite number of at least 0 for each of the blocks; nothing goes from one with 0. What
  ///   is given for a block that went before does not matter.
  /// - Throws: `BudgetError` when there are no shares for such a model.
  func shares(ofBlocks count: Int, _ statistics: Statistics) throws -> [Double]
}

extension ProportionalAllocation {
  /// Nothing has to be measured.
  public var evidence: [any Evidence] { [] }
}
