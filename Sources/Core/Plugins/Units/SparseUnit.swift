public import BillhookEngine
public import BillhookModels

/// Single weights, which become zeros where they are: shapes stay, and nothing is cut out.
///
/// Nothing holds an object for a weight: scores are tensors of one matrix, masks are bits.
public protocol SparseUnit: Plugin {
  /// The projections whose weights can go.
  var roles: Set<WeightRole> { get }

  /// How many of neighbouring inputs stay; nil where any weight can go.
  var pattern: SparsityPattern? { get }

  /// Among which values the lowest are looked for; nil for what the criterion is made for.
  var group: ComparisonGroup? { get }

  /// How a share of a group becomes a whole number.
  var rounding: CountRounding { get }

  /// When a mask is chosen; nil for what the repair does, and at once without one.
  var choice: MaskChoice? { get }

  /// What is masked before the next part of the model is measured; nil for what fits the criterion.
  var order: SequentialOrder? { get }
}

extension SparseUnit {
  /// Units are named after `prune`.
  public static var kind: PluginKind { .unit }

  /// Single weights.
  public var granularity: UnitGranularity { .weight }
}

/// Among which values the lowest are looked for: the comparison group of Wanda, arXiv 2306.11695.
public enum ComparisonGroup: String, Sendable, Choice {
  /// The inputs of one output.
  case row
  /// The outputs of one input.
  case column
  /// One matrix.
  case matrix
  /// The matrices of an attention or of an MLP.
  case module
  /// The matrices of a block.
  case block
  /// All matrices of the model.
  case model
}

/// How a share of a group becomes a whole number of weights.
public enum CountRounding: String, Sendable, Choice {
  /// To the whole number below, as the code of Wanda does.
  case down
  /// To the nearest one, halves up.
  case nearest
  /// To the one below and one more, as the code of SparseGPT does.
  case downPlusOne = "down_plus_one"
}

/// When the mask of a matrix is chosen.
public enum MaskChoice: String, Sendable, Choice {
  /// As a whole, by the weights as they were.
  case once
  /// Slab by slab of columns, by weights that a repair has already adjusted.
  case slab
}

/// A pattern N:M: of each M neighbouring inputs of a row, N stay.
public struct SparsityPattern: Sendable, Equatable {
  /// How many stay.
  public let kept: Int
  /// Of how many.
  public let size: Int

  /// Makes a pattern in which some go and some stay; nil for others.
  public init?(_ kept: Int, of size: Int) {
    guard kept > 0, kept < size else { return nil }
    self.kept = kept
    self.size = size
  }

  /// How many go.
  public var removed: Int { size - kept }

  /// The share that goes, in hundredths.
  public var percent: Double { 100 * Double(removed) / Double(size) }

  /// The sets of inputs that can go together, as places in a group of `size`, in lexical order.
  package var sets: [[Int]] {
    func sets(_ count: Int, from first: Int) -> [[Int]] {
      guard count > 0 else { return [[]] }
      return (first..<size).flatMap { place in
        sets(count - 1, from: place + 1).map { [place] + $0 }
      }
    }
    return sets(removed, from: 0)
  }

  /// How many such sets there are, or `limit` when there are more.
  package func setCount(atMost limit: Int) -> Int {
    var count = 1
    for step in 0..<min(removed, kept) {
      let (product, overflows) = count.multipliedReportingOverflow(by: size - step)
      guard !overflows else { return limit }
      count = product / (step + 1)
      if count >= limit { return limit }
    }
    return count
  }
}

extension SparsityPattern: ParameterValue {
  /// Two numbers with a colon.
  public static var expectation: String { "a pattern such as `2:4`: 2 of 4 stay" }

  /// Reads `2:4`.
  public init?(_ literal: Literal) {
    guard case .ratio(let kept, let size) = literal else { return nil }
    self.init(kept, of: size)
  }

  /// The pattern as a recipe writes it.
  public var literalText: String { "\(kept):\(size)" }

  /// Both numbers.
  public var keyPart: JSON { [kept.keyPart, size.keyPart] }
}
