public import BillhookModels

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
  /// It is measured once for a `prune`, before anything goes: `ActivationEvidence` of what runs through
  /// blocks and `ProjectionEvidence` of their weights beside it on the data of the clause `allocate` or
  /// of the statement, `WeightEvidence` of single matrices without any data.
  var evidence: [any Evidence] { get }

  /// The largest part of a block, or of a matrix, that goes, above 0; what a share asks for beyond it
  /// goes from others in proportion to theirs. By default 1.
  var most: Double { get }

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

  /// The shares for an amount, of which the parts that go are in proportion; by default the same for
  /// each.
  ///
  /// - Parameters:
  ///   - shares: The shares of blocks or of matrices.
  ///   - sizes: How much each of them has of what may go; 0 where nothing may.
  ///   - amount: The part of all of it that goes, from 0 to 1.
  /// - Returns: A finite number of at least 0 for each of them. Where their mean by size is the amount,
  ///   they are the parts that go.
  func shares(_ shares: [Double], sizes: [Double], for amount: Double) -> [Double]
}

extension ProportionalAllocation {
  /// Nothing has to be measured.
  public var evidence: [any Evidence] { [] }

  /// All of it.
  public var most: Double { 1 }

  /// The same for each amount.
  public func shares(_ shares: [Double], sizes: [Double], for amount: Double) -> [Double] { shares }
}

/// What gets a share of its own.
public enum ShareLevel: String, Sendable, Choice {
  /// All matrices of a block have one share.
  case block
  /// Each matrix has its own.
  case matrix
}

/// A proportional allocation that can give each matrix a share of its own, where single weights go.
public protocol MatrixAllocation: ProportionalAllocation {
  /// What gets a share; with `block` it is asked for `shares(ofBlocks:_:)`.
  var level: ShareLevel { get }

  /// Each matrix's share: the part of its weights that go is in proportion to it.
  ///
  /// - Parameters:
  ///   - matrices: The projections of the model, block by block.
  ///   - statistics: What the declared evidence found.
  /// - Returns: A finite number of at least 0 for each of them.
  /// - Throws: `BudgetError` when there are no shares for such a model.
  func shares(ofMatrices matrices: [WeightID], _ statistics: Statistics) throws -> [Double]
}

extension ProportionalAllocation {
  /// Whether what it asks for is measured on data.
  package var needsData: Bool { evidence.contains { !($0 is any WeightEvidence) } }

  /// Whether each matrix gets a share of its own.
  package var isOfMatrices: Bool { (self as? any MatrixAllocation)?.level == .matrix }
}
