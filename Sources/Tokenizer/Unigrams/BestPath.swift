/// Finds the pieces of a word whose scores have the highest sum, in memory that is reused.
///
/// It goes over the word once and keeps the best path to each position, as Viterbi's algorithm
/// does. Of equally good paths it keeps the one found first. Where no piece crosses a position,
/// everything before that is settled and dropped, so a text that is one word takes little memory;
/// the sum goes on.
struct BestPath {
  /// The best path to a position: its sum, and the piece that ends there.
  private struct Node {
    var sum = 0.0
    /// Where the piece begins; -1 while no piece ends here.
    var start = -1
    var piece: Int32 = -1
  }

  /// The nodes of the positions from `origin` on.
  private var nodes: [Node] = []
  private var origin = 0
  private var settled: [(range: Range<Int>, piece: Int32)] = []

  /// How many pieces were considered: the work, which tests compare with the length of words.
  private(set) var steps = 0
  /// The largest number of nodes that were kept at once.
  private(set) var mostKept = 0

  /// Calls `body` with each piece of the best path and its range, from left to right.
  ///
  /// - Parameters:
  ///   - bytes: Text in UTF-8.
  ///   - range: The word in it.
  ///   - trie: The pieces, as indices into `scores`.
  ///   - scores: The score of each piece.
  ///   - unknown: The piece for a character that no piece matches, and its score.
  ///   - body: Receives the part of the text and the index of its piece.
  /// - Throws: What `body` throws.
  mutating func forEachPiece<Stop: Error>(
    of bytes: [UInt8],
    _ range: Range<Int>,
    trie: PieceTrie,
    scores: [Double],
    unknown: (piece: Int32, score: Double),
    _ body: (Range<Int>, Int32) throws(Stop) -> Void
  ) throws(Stop) {
    begin(at: range.lowerBound, 0)
    var position = range.lowerBound
    var reach = position
    while position < range.upperBound {
      if position == reach { try settle(upTo: position, body) }
      let sum = nodes[position - origin].sum
      let length = UTF8.length(startingWith: bytes[position])
      let next = min(position + length, range.upperBound)
      var isKnown = false
      trie.forEachPrefix(of: bytes, position..<range.upperBound) { end, piece in
        steps &+= 1
        isKnown = isKnown || end == next
        reach = max(reach, end)
        offer(end, sum + scores[Int(piece)], position, piece)
      }
      if !isKnown {
        reach = max(reach, next)
        offer(next, sum + unknown.score, position, unknown.piece)
      }
      position = next
    }
    try settle(upTo: range.upperBound, body)
  }

  private mutating func begin(at place: Int, _ sum: Double) {
    origin = place
    nodes.removeAll(keepingCapacity: true)
    nodes.append(Node(sum: sum))
  }

  @inline(__always)
  private mutating func offer(_ end: Int, _ sum: Double, _ start: Int, _ piece: Int32) {
    let index = end - origin
    while nodes.count <= index { nodes.append(Node()) }
    if nodes[index].start < 0 || sum > nodes[index].sum {
      nodes[index] = Node(sum: sum, start: start, piece: piece)
    }
  }

  /// Follows the best path back from a position that all paths go through, and starts again there.
  private mutating func settle<Stop: Error>(
    upTo place: Int,
    _ body: (Range<Int>, Int32) throws(Stop) -> Void
  ) throws(Stop) {
    mostKept = max(mostKept, nodes.count)
    settled.removeAll(keepingCapacity: true)
    var end = place
    while end > origin, nodes[end - origin].start >= origin {
      let node = nodes[end - origin]
      settled.append((node.start..<end, node.piece))
      end = node.start
    }
    for part in settled.reversed() { try body(part.range, part.piece) }
    begin(at: place, nodes[place - origin].sum)
  }
}
