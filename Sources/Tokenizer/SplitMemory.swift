/// What is known of the places that instructions of a pattern were tried at.
///
/// Whether a match goes on from an instruction at a place depends on nothing that came before, so it
/// need not be found out twice.
struct SplitMemory {
  /// An instruction that was begun and may still lead to a match.
  struct Visit {
    let memo: Int
    let start: Int
    /// The end of the characters that it looked at.
    let end: Int
    /// Where it goes on.
    var exit: Int
    /// Whether it takes any number of characters, so that what holds at its start holds after it.
    let isEndless: Bool
  }

  /// The instructions on the way to where the match is now.
  var path: [Visit] = []

  private let first: Int
  private let memoCount: Int
  private var failed: [UInt64]
  private var led: [UInt64]

  init(_ range: Range<Int>, memoCount: Int) {
    first = range.lowerBound
    self.memoCount = memoCount
    let words = (range.count + 1) * memoCount / 64 + 1
    failed = Array(repeating: 0, count: words)
    led = failed
  }

  /// Whether the instruction leads to no match from this place.
  func fails(_ memo: Int, _ place: Int) -> Bool {
    let (word, bit) = position(memo, place)
    return failed[word] & bit != 0
  }

  /// Whether the instruction leads to a match from this place.
  func leads(_ memo: Int, _ place: Int) -> Bool {
    let (word, bit) = position(memo, place)
    return led[word] & bit != 0
  }

  /// Leaves the path from here on, as it led nowhere.
  mutating func fail(from index: Int) {
    for visit in path[index...] {
      for place in visit.start...(visit.isEndless ? visit.end : visit.start) {
        let (word, bit) = position(visit.memo, place)
        failed[word] |= bit
      }
    }
    path.removeSubrange(index...)
  }

  /// Leaves the path from here on, as it led nowhere, for another way out of what comes before.
  mutating func goBack(to index: Int, exit: Int) {
    fail(from: index)
    if index > 0 { path[index - 1].exit = exit }
  }

  /// Leaves the path from here on, as it led to the end of what is looked ahead for.
  mutating func lead(from index: Int) {
    for visit in path[index...] {
      for place in visit.start...(visit.isEndless ? visit.exit : visit.start) {
        let (word, bit) = position(visit.memo, place)
        led[word] |= bit
      }
    }
    path.removeSubrange(index...)
  }

  private func position(_ memo: Int, _ place: Int) -> (word: Int, bit: UInt64) {
    let index = (place - first) * memoCount + memo
    return (index >> 6, 1 << UInt64(index & 63))
  }
}
