/// A hash table from byte strings to numbers, which needs no `String`.
struct ByteTable: Sendable {
  private var bytes: [UInt8] = []
  /// Where the bytes of an entry begin; the next entry begins where they end.
  private var starts: [Int] = [0]
  private var values: [Int32] = []
  private var slots: [Int32]
  /// Drawn anew in every process, so that no file can be made whose keys collide.
  private let seed = UInt64.random(in: 0 ... .max)

  /// Makes an empty table for about this many entries.
  init(minimumCapacity: Int) {
    slots = Self.emptySlots(for: minimumCapacity)
  }

  var count: Int { values.count }

  /// The bytes of an entry, by the order in which entries were added.
  func key(at index: Int) -> ArraySlice<UInt8> {
    guard values.indices.contains(index) else { return [] }
    return bytes[starts[index]..<starts[index + 1]]
  }

  /// Adds an entry; false if the bytes are there already.
  mutating func insert(_ key: [UInt8], _ value: Int32) -> Bool {
    if values.count * 2 >= slots.count { grow() }
    let slot = slot(of: key, 0..<key.count)
    guard slots[slot] < 0 else { return false }
    slots[slot] = Int32(truncatingIfNeeded: values.count)
    bytes += key
    starts.append(bytes.count)
    values.append(value)
    return true
  }

  func find(_ text: [UInt8], _ range: Range<Int>) -> Int32? {
    let entry = slots[slot(of: text, range)]
    return entry < 0 ? nil : values[Int(entry)]
  }

  func find(_ key: [UInt8]) -> Int32? {
    find(key, 0..<key.count)
  }

  /// The slot that holds these bytes, or the free one where they belong.
  private func slot(of text: [UInt8], _ range: Range<Int>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash(text, range)) & mask
    while true {
      let entry = Int(slots[slot])
      if entry < 0 || matches(entry, text, range) { return slot }
      slot = (slot + 1) & mask
    }
  }

  private func matches(_ entry: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
    let start = starts[entry]
    guard starts[entry + 1] - start == range.count else { return false }
    for offset in 0..<range.count where bytes[start + offset] != text[range.lowerBound + offset] {
      return false
    }
    return true
  }

  private func hash(_ text: [UInt8], _ range: Range<Int>) -> UInt64 {
    var hash = seed
    for index in range { hash = (hash ^ UInt64(text[index])) &* 0x100_0000_01B3 }
    hash = (hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15
    return hash ^ (hash >> 29)
  }

  private mutating func grow() {
    slots = Self.emptySlots(for: slots.count)
    for entry in values.indices {
      slots[slot(of: bytes, starts[entry]..<starts[entry + 1])] = Int32(truncatingIfNeeded: entry)
    }
  }

  /// At least twice the entries, so that searches are short, and a power of two, so that a mask
  /// finds the first slot.
  private static func emptySlots(for entries: Int) -> [Int32] {
    var count = 16
    while count < entries * 2 { count *= 2 }
    return Array(repeating: -1, count: count)
  }
}
