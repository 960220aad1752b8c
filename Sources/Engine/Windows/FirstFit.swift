/// Bins of one size, each piece going into the first that has room for it.
struct FirstFit {
  /// A binary tree whose leaves are the room in each bin, and every other node the larger of two.
  private var room: [Int]
  private let leaves: Int

  /// Empty bins, as many as there are pieces at most.
  ///
  /// - Parameters:
  ///   - count: The number of pieces.
  ///   - size: The size of each bin; no piece is larger.
  init(pieces count: Int, size: Int) {
    var leaves = 1
    while leaves < count { leaves *= 2 }
    self.leaves = leaves
    room = [Int](repeating: size, count: 2 * leaves)
  }

  /// Puts a piece in, and gives the index of its bin.
  mutating func put(_ size: Int) -> Int {
    var node = 1
    while node < leaves { node = room[2 * node] >= size ? 2 * node : 2 * node + 1 }
    let bin = node - leaves
    room[node] -= size
    while node > 1 {
      node /= 2
      room[node] = max(room[2 * node], room[2 * node + 1])
    }
    return bin
  }
}
