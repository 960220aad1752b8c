extension [BlockShape] {
  /// For each block, whether its attention sees a window only.
  var seeingWindows: [Bool] { map { $0.attention?.window != nil } }
}

extension [Bool] {
  /// Whether exactly each last of so many blocks sees everything, of blocks of which true says that
  /// they see a window only.
  func isFull(everyLastOf period: Int) -> Bool {
    period > 0 && enumerated().allSatisfy { $1 == (($0 + 1) % period != 0) }
  }

  /// The number of blocks of which the last sees everything, where that describes all of them.
  var fullAttentionPeriod: Int? {
    guard let first = firstIndex(of: false) else { return nil }
    return isFull(everyLastOf: first + 1) ? first + 1 : nil
  }
}
