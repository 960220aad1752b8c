/// The heads and channels left in a block that lost some, by their numbers in the block as it was
/// opened.
public struct BlockRemainder: Sendable, Hashable {
  /// The query heads, in order; nil for all.
  var queryHeads: [Int]?
  /// The channels of the MLP, in order; nil for all.
  var channels: [Int]?
}

extension LanguageModel {
  /// The heads and channels left in a block; nil where none were removed.
  public func remainder(ofBlock number: Int) -> BlockRemainder? { remainders[number] }

  /// The query heads that a block still has, by their numbers in the block as it was opened.
  public func queryHeads(ofBlock number: Int) -> [Int] {
    let count = blocks.first { $0.sourceIndex == number }?.attention?.queryHeads ?? 0
    return remainders[number]?.queryHeads ?? Array(0..<count)
  }

  /// The channels that a block's MLP still has, by their numbers in the block as it was opened.
  public func channels(ofBlock number: Int) -> [Int] {
    let width = blocks.first { $0.sourceIndex == number }?.mlp?.width ?? 0
    return remainders[number]?.channels ?? Array(0..<width)
  }
}
