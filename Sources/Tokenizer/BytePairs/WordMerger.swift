/// Merges the symbols of one word after the other, in memory that is reused.
///
/// The pair of lowest rank merges first, and of several the leftmost. A token's text only grows, so
/// the rank alone shows whether a pair in the queue is still up to date.
struct WordMerger {
  /// The word: symbols before, tokens after `merge`.
  var symbols: [Int32] = []

  /// How many pairs were looked up: the work, which tests compare with the length of words.
  private(set) var lookups = 0

  private var ranks: [UInt32] = []
  private var next: [Int] = []
  private var previous: [Int] = []
  private var queue = MergeQueue()

  /// Up to this length, scanning all pairs is faster than keeping them sorted.
  private static let short = 32

  /// How many merges of a long word there are between two calls of `between`.
  private static let mergesAtOnce = 1 << 14

  /// Merges the symbols into tokens.
  ///
  /// - Parameters:
  ///   - table: The merges.
  ///   - between: Called from time to time within a long word.
  /// - Throws: What `between` throws, which ends the work and leaves the symbols in no useful
  ///   state.
  mutating func merge<Stop: Error>(
    by table: MergeTable,
    between: () throws(Stop) -> Void
  ) throws(Stop) {
    guard symbols.count > 1 else { return }
    ranks.removeAll(keepingCapacity: true)
    lookups += symbols.count - 1
    for index in 1..<symbols.count {
      ranks.append(table.rank(symbols[index - 1], symbols[index]))
    }
    if symbols.count <= Self.short { mergeShort(table) } else { try mergeLong(table, between) }
  }

  /// Scans for the next pair to merge each time.
  private mutating func mergeShort(_ table: MergeTable) {
    while true {
      var best = MergeTable.none
      var place = 0
      for index in ranks.indices where ranks[index] < best {
        best = ranks[index]
        place = index
      }
      guard best != MergeTable.none else { return }

      symbols[place] = table.result(best)
      symbols.remove(at: place + 1)
      ranks.remove(at: place)
      if place > 0 { ranks[place - 1] = table.rank(symbols[place - 1], symbols[place]) }
      if place < ranks.count { ranks[place] = table.rank(symbols[place], symbols[place + 1]) }
    }
  }

  /// Keeps the pairs in a queue and the symbols in a list: n log n in the length of the word.
  private mutating func mergeLong<Stop: Error>(
    _ table: MergeTable,
    _ between: () throws(Stop) -> Void
  ) throws(Stop) {
    let count = symbols.count
    ranks.append(MergeTable.none)
    next = Array(1...count)
    previous = Array(-1..<(count - 1))
    queue.fill(with: ranks)

    var merges = 0
    while let first = queue.removeFirst() {
      merges += 1
      if merges % Self.mergesAtOnce == 0 { try between() }
      let place = first.position
      guard ranks[place] == first.rank else { continue }
      let gone = next[place]
      symbols[place] = table.result(first.rank)
      symbols[gone] = -1
      ranks[gone] = MergeTable.none
      next[place] = next[gone]
      if next[place] < count { previous[next[place]] = place }
      if previous[place] >= 0 { update(previous[place], table) }
      update(place, table)
    }
    symbols.removeAll { $0 < 0 }
  }

  /// Looks up again what the pair that begins here becomes.
  private mutating func update(_ place: Int, _ table: MergeTable) {
    let right = next[place]
    lookups += 1
    ranks[place] =
      right < symbols.count ? table.rank(symbols[place], symbols[right]) : MergeTable.none
    guard ranks[place] != MergeTable.none else { return }
    queue.insert(MergeQueue.Entry(rank: ranks[place], position: place))
  }
}
