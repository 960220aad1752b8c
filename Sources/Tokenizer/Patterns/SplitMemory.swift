/// What is known about trying instructions of a pattern at positions of a text.
///
/// Whether an instruction leads to a match from a position does not depend on what came before, so
/// it need not be tried twice.
struct SplitMemory {
  /// An instruction that was begun and may still lead to a match.
  struct Visit {
    let memo: Int
    let start: Int
    /// The end of the characters that it tried.
    let end: Int
    /// Where the match goes on after it.
    var exit: Int
    /// Whether it takes any number of characters, so that what holds at its start holds at each of
    /// them.
    let isEndless: Bool
  }

  /// The instructions that led to where the match is now.
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

  /// Whether the instruction is known to fail from this position.
  func fails(_ memo: Int, _ place: Int) -> Bool {
    let (word, bit) = position(memo, place)
    return failed[word] & bit != 0
  }

  /// Whether the instruction is known to match from this position.
  func leads(_ memo: Int, _ place: Int) -> Bool {
    let (word, bit) = position(memo, place)
    return led[word] & bit != 0
  }

  /// Drops the path from an index on and remembers that it failed.
  mutating func fail(from index: Int) {
    for visit in path[index...] {
      for place in visit.start...(visit.isEndless ? visit.end : visit.start) {
        let (word, bit) = position(visit.memo, place)
        failed[word] |= bit
      }
    }
    path.removeSubrange(index...)
  }

  /// Drops the path from an index on, remembers that it failed, and gives what comes before another
  /// exit.
  mutating func goBack(to index: Int, exit: Int) {
    fail(from: index)
    if index > 0 { path[index - 1].exit = exit }
  }

  /// Drops the path from an index on and remembers that it matched, as a lookahead ended.
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
