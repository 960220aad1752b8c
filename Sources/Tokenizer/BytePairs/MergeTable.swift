/// The pairs of neighbouring tokens that merge, and their order.
struct MergeTable: Sendable {
  /// The rank of a pair that does not merge: after all others.
  static let none = UInt32.max

  private struct Slot {
    var left: Int32 = -1
    var right: Int32 = -1
    var rank = MergeTable.none
  }

  private var slots: [Slot]
  private let mask: Int
  private var results: [Int32] = []
  /// Odd, and drawn anew in every process, so that no file can be made whose pairs collide.
  private let factor = UInt64.random(in: 0 ... .max) | 1

  /// Makes a table for at most this many pairs.
  init(capacity: Int) {
    var count = 16
    while count < capacity * 2 { count *= 2 }
    slots = Array(repeating: Slot(), count: count)
    mask = count - 1
    results.reserveCapacity(capacity)
  }

  /// Adds a pair with a rank after all earlier ones.
  ///
  /// A pair that is there already moves to the end, as it does in the library that these files
  /// come from.
  mutating func append(_ left: Int32, _ right: Int32, becomes result: Int32) {
    guard results.count < slots.count / 2 else { return }
    let slot = slot(left, right)
    slots[slot] = Slot(left: left, right: right, rank: UInt32(truncatingIfNeeded: results.count))
    results.append(result)
  }

  /// The rank of a pair; lower ranks merge first.
  func rank(_ left: Int32, _ right: Int32) -> UInt32 {
    slots[slot(left, right)].rank
  }

  /// The token that the pair of this rank becomes.
  func result(_ rank: UInt32) -> Int32 {
    results[Int(rank)]
  }

  private func slot(_ left: Int32, _ right: Int32) -> Int {
    let pair = UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    let mixed = (pair ^ (pair >> 31)) &* factor
    var slot = Int(truncatingIfNeeded: (mixed ^ (mixed >> 32)) & UInt64(mask))
    while slots[slot].rank != Self.none, slots[slot].left != left || slots[slot].right != right {
      slot = (slot + 1) & mask
    }
    return slot
  }
}
