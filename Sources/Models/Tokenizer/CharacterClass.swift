/// A set of characters, as a pattern writes it: kinds and ranges, or all but those.
struct CharacterClass: Sendable, Equatable {
  private var kinds: ScalarKinds = []
  private var ranges: [ClosedRange<UInt32>] = []
  private(set) var isInverted = false
  /// Which of the first 128 code points belong to it: kept ready, for most text is made of them.
  private var ascii: (UInt64, UInt64) = (0, 0)

  init() {}

  init(_ scalar: Unicode.Scalar) {
    insert(scalar.value...scalar.value)
  }

  init(_ kinds: ScalarKinds) {
    insert(kinds)
  }

  static func == (one: CharacterClass, other: CharacterClass) -> Bool {
    one.kinds == other.kinds && one.ranges == other.ranges && one.isInverted == other.isInverted
  }

  mutating func insert(_ kinds: ScalarKinds) {
    self.kinds.formUnion(kinds)
    fillASCII()
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    ranges.append(range)
    fillASCII()
  }

  mutating func insert(_ other: CharacterClass) {
    kinds.formUnion(other.kinds)
    ranges += other.ranges
    fillASCII()
  }

  mutating func invert() {
    isInverted.toggle()
    fillASCII()
  }

  /// This set with the other forms of its letters, as matching without regard to case has it.
  ///
  /// Two characters from elsewhere count as forms of ASCII letters: the long s and the kelvin sign.
  func ignoringCase() -> CharacterClass {
    var result = self
    for value: UInt32 in 0x61...0x7A {
      let upper = value - 0x20
      guard contains(value) || contains(upper) else { continue }
      result.insert(value...value)
      result.insert(upper...upper)
      if value == 0x73 { result.insert(0x17F...0x17F) }
      if value == 0x6B { result.insert(0x212A...0x212A) }
    }
    return result
  }

  func contains(_ value: UInt32) -> Bool {
    if value < 64 { return ascii.0 >> UInt64(value) & 1 != 0 }
    if value < 128 { return ascii.1 >> UInt64(value - 64) & 1 != 0 }
    return includes(value)
  }

  /// How many bytes the character at a place has if it belongs to this set; 0 if it does not.
  @inline(__always)
  func match(at position: Int, in bytes: [UInt8], before end: Int) -> Int {
    guard position < end else { return 0 }
    let byte = bytes[position]
    if byte < 0x80 { return contains(UInt32(byte)) ? 1 : 0 }
    let (value, length) = UTF8.codePoint(at: position, in: bytes, before: end)
    return includes(value) ? length : 0
  }

  private func includes(_ value: UInt32) -> Bool {
    let isListed =
      !kinds.isDisjoint(with: ScalarKinds.of(value)) || ranges.contains { $0.contains(value) }
    return isListed != isInverted
  }

  private mutating func fillASCII() {
    ascii = (0, 0)
    for value: UInt32 in 0..<64 where includes(value) { ascii.0 |= 1 << UInt64(value) }
    for value: UInt32 in 64..<128 where includes(value) { ascii.1 |= 1 << UInt64(value - 64) }
  }
}
