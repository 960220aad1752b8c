/// A set of characters in a pattern: kinds, ranges and other sets, or everything except those.
struct CharacterClass: Sendable {
  /// The most ranges beyond ASCII.
  static let mostRanges = 4096

  private var kinds: ScalarKinds = []
  /// Ranges with characters beyond ASCII, sorted and disjoint.
  private var ranges: [ClosedRange<UInt32>] = []
  /// Sets that are part of this one but cannot be merged into it, because they exclude something.
  private var parts: [CharacterClass] = []
  /// Sets that a character has to belong to in addition.
  private var limits: [CharacterClass] = []
  /// Which of the first 128 code points belong to the set, as bits.
  private(set) var ascii = SIMD2<UInt64>(repeating: 0)
  private var isInverted = false
  /// Whether kinds alone define the set.
  private var hasKindsOnly = true

  init() {}

  init(_ scalar: Unicode.Scalar) {
    insert(scalar.value...scalar.value)
  }

  init(_ kinds: ScalarKinds) {
    insert(kinds)
  }

  /// Whether no further range beyond ASCII fits.
  var isFull: Bool { ranges.count >= Self.mostRanges }

  mutating func insert(_ kinds: ScalarKinds) {
    self.kinds.formUnion(kinds)
    for value: UInt32 in 0..<128 where !kinds.isDisjoint(with: ScalarKinds.of(value)) {
      insert(ascii: value)
    }
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    for value in range.clamped(to: 0...127) where range.contains(value) { insert(ascii: value) }
    guard range.upperBound >= 128 else { return }
    hasKindsOnly = false
    let start = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    let end = ranges[start...].firstIndex { $0.lowerBound > range.upperBound } ?? ranges.count
    let touched = ranges[start..<end]
    let lowest = min(range.lowerBound, touched.first?.lowerBound ?? .max)
    let highest = max(range.upperBound, touched.last?.upperBound ?? 0)
    ranges.replaceSubrange(start..<end, with: CollectionOfOne(lowest...highest))
  }

  /// Forms the union with another set.
  mutating func insert(_ other: CharacterClass) {
    ascii |= other.ascii
    guard !other.isInverted, other.parts.isEmpty, other.limits.isEmpty else {
      hasKindsOnly = false
      return parts.append(other)
    }
    kinds.formUnion(other.kinds)
    for range in other.ranges { insert(range) }
  }

  /// Forms the intersection with another set.
  mutating func intersect(_ other: CharacterClass) {
    ascii &= other.ascii
    limits.append(other)
    hasKindsOnly = false
  }

  /// All characters except those of this set.
  func inverted() -> CharacterClass {
    var result = self
    if !limits.isEmpty {
      result = CharacterClass()
      result.insert(self)
    }
    result.isInverted.toggle()
    result.ascii = ~result.ascii
    return result
  }

  /// This set with the other cases of its letters, for case-insensitive matching.
  ///
  /// Two characters beyond ASCII count as forms of ASCII letters: the long s and the kelvin sign.
  func ignoringCase() -> CharacterClass {
    var result = self
    for value: UInt32 in 0x61...0x7A where contains(value) || contains(value - 0x20) {
      result.insert(ascii: value)
      result.insert(ascii: value - 0x20)
      if value == 0x73 { result.insert(0x17F...0x17F) }
      if value == 0x6B { result.insert(0x212A...0x212A) }
    }
    return result
  }

  func contains(_ value: UInt32) -> Bool {
    if value < 128 { return (value < 64 ? ascii[0] : ascii[1]) >> UInt64(value & 63) & 1 != 0 }
    return hasKindsOnly ? isInverted == kinds.isDisjoint(with: .of(value)) : isListed(value)
  }

  /// How many bytes the character at a position has if it belongs to this set; 0 if it does not.
  @inline(__always)
  func match(at position: Int, in bytes: [UInt8], before end: Int) -> Int {
    guard position < end else { return 0 }
    let (value, length) = UTF8.codePoint(at: position, in: bytes, before: end)
    return contains(value) ? length : 0
  }

  /// The end of the run of characters of this set that starts at a position, of `most` characters
  /// at most.
  func end(from start: Int, in bytes: [UInt8], before end: Int, most: Int) -> Int {
    let (low, high) = (ascii[0], ascii[1])
    var position = start
    var left = most
    while position < end, left > 0 {
      let byte = bytes[position]
      if byte < 0x80 {
        guard (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 != 0 else { break }
        position += 1
      } else {
        let (value, length) = UTF8.codePoint(at: position, in: bytes, before: end)
        guard contains(value) else { break }
        position += length
      }
      left -= 1
    }
    return position
  }

  private func isListed(_ value: UInt32) -> Bool {
    let isListed =
      !kinds.isDisjoint(with: ScalarKinds.of(value)) || isInRange(value)
      || parts.contains { $0.contains(value) }
    return isListed != isInverted && limits.allSatisfy { $0.contains(value) }
  }

  /// The characters that the set may hold: exact for ASCII, an upper bound beyond.
  var reach: PatternReach {
    let hasOthers = !ranges.isEmpty || !parts.isEmpty
    let listed: ScalarKinds = hasOthers ? .all : kinds
    return PatternReach(ascii: ascii, kinds: isInverted ? .all.subtracting(kinds) : listed)
  }

  private func isInRange(_ value: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < value { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= value
  }

  private mutating func insert(ascii value: UInt32) {
    ascii[Int(value >> 6)] |= 1 << UInt64(value & 63)
  }
}
