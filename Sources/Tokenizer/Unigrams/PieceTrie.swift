/// A trie of the pieces of a vocabulary: all that begin at a position are found in one walk.
///
/// The nodes are stored level by level, the children of a node side by side in the order of their
/// bytes.
struct PieceTrie: Sendable {
  /// The byte that leads to each node.
  private var labels: [UInt8] = [0]
  /// The index of the piece that ends at a node; -1 where none does.
  private var pieces: [Int32] = [-1]
  /// Where the children of each node begin; those of the next node follow them.
  private var children: [Int32] = []
  /// The child of the root for each byte, which every walk begins with; -1 where there is none.
  private var first = [Int32](repeating: -1, count: 256)

  /// Up to this many children are searched one by one.
  private static let few = 8

  /// Makes the trie of a list; of equal pieces the last one is found, and an empty piece never.
  init(_ list: [[UInt8]]) {
    let order = list.indices.filter { !list[$0].isEmpty }.sorted { one, other in
      if list[one] == list[other] { return one < other }
      return list[one].lexicographicallyPrecedes(list[other])
    }
    // Each node of a level, as the range of the sorted pieces that pass through it.
    var level = [0..<order.count]
    var depth = 0
    while !level.isEmpty {
      var next: [Range<Int>] = []
      for node in level {
        children.append(Int32(truncatingIfNeeded: labels.count))
        var start = node.lowerBound
        while start < node.upperBound, list[order[start]].count == depth { start += 1 }
        while start < node.upperBound {
          let byte = list[order[start]][depth]
          var end = start
          var piece = -1
          while end < node.upperBound, list[order[end]][depth] == byte {
            if list[order[end]].count == depth + 1 { piece = order[end] }
            end += 1
          }
          if depth == 0 { first[Int(byte)] = Int32(truncatingIfNeeded: labels.count) }
          labels.append(byte)
          pieces.append(Int32(truncatingIfNeeded: piece))
          next.append(start..<end)
          start = end
        }
      }
      level = next
      depth += 1
    }
    children.append(Int32(truncatingIfNeeded: labels.count))
  }

  /// Calls `body` with the end and the index of each piece that begins here, the shortest first.
  @inline(__always)
  func forEachPrefix(
    of bytes: [UInt8],
    _ range: Range<Int>,
    _ body: (_ end: Int, _ piece: Int32) -> Void
  ) {
    guard var position = range.first else { return }
    var node = Int(first[Int(bytes[position])])
    while node >= 0 {
      position += 1
      if pieces[node] >= 0 { body(position, pieces[node]) }
      guard position < range.upperBound else { return }
      node = child(of: node, bytes[position])
    }
  }

  /// The node that a byte leads to; -1 where there is none.
  @inline(__always)
  private func child(of node: Int, _ byte: UInt8) -> Int {
    var low = Int(children[node])
    var high = Int(children[node + 1])
    while high - low > Self.few {
      let middle = (low + high) / 2
      if labels[middle] <= byte { low = middle } else { high = middle }
    }
    while low < high {
      if labels[low] == byte { return low }
      low += 1
    }
    return -1
  }
}
