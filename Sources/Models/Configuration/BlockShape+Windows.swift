extension [BlockShape] {
  /// For each block, whether its attention has a sliding window.
  var seeingWindows: [Bool] { map { $0.attention?.window != nil } }

  /// For each block, whether its attention has rotary positions.
  var areRotary: [Bool] { map { $0.attention?.rotary != nil } }
}

extension [Bool] {
  /// Whether exactly the last of every `period` blocks has full attention, where true marks a block
  /// with a sliding window.
  func isFull(everyLastOf period: Int) -> Bool {
    period > 0 && enumerated().allSatisfy { $1 == (($0 + 1) % period != 0) }
  }

  /// The period at which a block has full attention; nil where no period describes all blocks.
  var fullAttentionPeriod: Int? {
    guard let first = firstIndex(of: false) else { return nil }
    return isFull(everyLastOf: first + 1) ? first + 1 : nil
  }
}
