/// What is left of a block that lost heads or channels, by the numbers they had in the block when
/// the model was opened.
public struct BlockRemainder: Sendable, Hashable {
  /// The query heads, in order; nil for all.
  var queryHeads: [Int]?
  /// The channels of the MLP, in order; nil for all.
  var channels: [Int]?
}

extension LanguageModel {
  /// What is left inside a block; nil where nothing was cut out of it.
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
