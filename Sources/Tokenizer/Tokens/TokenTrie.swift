/// A trie that finds the first of many strings in a text, and of those that begin there the
/// longest.
struct TokenTrie: Sendable {
  /// The child of a node for a byte, with the key `node << 8 | byte`.
  private var edges: [Int: Int] = [:]
  /// The id of the string that ends at a node; -1 where none does.
  private var ids: [Int] = [-1]
  private var isFirstByte = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { edges.isEmpty }

  /// Adds a string; one that is there already keeps its id.
  mutating func insert(_ string: [UInt8], _ id: Int) {
    guard let first = string.first else { return }
    isFirstByte[Int(first)] = true
    var node = 0
    for byte in string {
      let edge = node << 8 | Int(byte)
      if let next = edges[edge] {
        node = next
      } else {
        edges[edge] = ids.count
        node = ids.count
        ids.append(-1)
      }
    }
    if ids[node] < 0 { ids[node] = id }
  }

  func firstMatch(in bytes: [UInt8], _ range: Range<Int>) -> (id: Int, range: Range<Int>)? {
    for start in range where isFirstByte[Int(bytes[start])] {
      var node = 0
      var best: (id: Int, range: Range<Int>)?
      for index in start..<range.upperBound {
        guard let next = edges[node << 8 | Int(bytes[index])] else { break }
        node = next
        if ids[node] >= 0 { best = (ids[node], start..<(index + 1)) }
      }
      if let best { return best }
    }
    return nil
  }
}
