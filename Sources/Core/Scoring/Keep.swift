import BillhookFiles

/// The blocks in which nothing is pruned, by their numbers in the model as it was opened.
public struct Keep: Sendable, Equatable, CustomStringConvertible {
  /// The number of blocks kept at the beginning.
  public var first = 0
  /// The number of blocks kept at the end.
  public var last = 0
  /// The numbers of other blocks that are kept.
  public var numbers: Set<Int> = []

  /// Nothing is kept, unless said otherwise.
  public init(first: Int = 0, last: Int = 0, numbers: Set<Int> = []) {
    self.first = first
    self.last = last
    self.numbers = numbers
  }

  /// What the `+` after a criterion's name adds.
  ///
  /// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3: the first four and
  /// the last two blocks are never removed.
  public static let plus = Keep(first: 4, last: 2)

  /// What both keep.
  public func adding(_ other: Keep) -> Keep {
    Keep(
      first: max(first, other.first),
      last: max(last, other.last),
      numbers: numbers.union(other.numbers)
    )
  }

  /// Whether a block is kept in a model that had this many blocks when it was opened.
  public func contains(_ block: Int, of openedBlocks: Int) -> Bool {
    block < first || block >= openedBlocks - last || numbers.contains(block)
  }

  /// Refuses numbers of blocks that a model never had.
  package func check(openedBlocks: Int) throws(BudgetError) {
    guard let number = numbers.max(), number >= openedBlocks else { return }
    throw BudgetError(
      "`\(self)` names block \(number) of a model with \(openedBlocks) blocks",
      isAboutKeep: true
    )
  }

  /// The rule for keys.
  package var keyPart: JSON {
    ["first": first.keyPart, "last": last.keyPart, "numbers": numbers.sorted().keyPart]
  }

  /// The rule as a recipe writes it.
  public var description: String {
    var parts: [String] = []
    if first > 0 { parts.append("first \(first)") }
    if last > 0 { parts.append("last \(last)") }
    if !numbers.isEmpty {
      parts.append("[\(numbers.sorted().map(String.init).joined(separator: ", "))]")
    }
    return parts.isEmpty ? "keep none" : "keep " + parts.joined(separator: " ")
  }
}
