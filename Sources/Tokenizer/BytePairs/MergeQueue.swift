/// A priority queue of pairs that may merge, ordered by rank and then by position.
struct MergeQueue {
  struct Entry {
    let rank: UInt32
    let position: Int

    func comes(before other: Entry) -> Bool {
      rank == other.rank ? position < other.position : rank < other.rank
    }
  }

  /// A binary heap: no entry precedes the one at half its index.
  private var heap: [Entry] = []

  /// Refills the queue with all pairs that have a rank; the index is the position.
  mutating func fill(with ranks: [UInt32]) {
    heap.removeAll(keepingCapacity: true)
    for (position, rank) in ranks.enumerated() where rank != MergeTable.none {
      heap.append(Entry(rank: rank, position: position))
    }
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  mutating func insert(_ entry: Entry) {
    heap.append(entry)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard heap[index].comes(before: heap[parent]) else { return }
      heap.swapAt(index, parent)
      index = parent
    }
  }

  mutating func removeFirst() -> Entry? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return first }
    heap[0] = last
    sink(0)
    return first
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var child = index * 2 + 1
      guard child < heap.count else { return }
      if child + 1 < heap.count, heap[child + 1].comes(before: heap[child]) { child += 1 }
      guard heap[child].comes(before: heap[index]) else { return }
      heap.swapAt(index, child)
      index = child
    }
  }
}
