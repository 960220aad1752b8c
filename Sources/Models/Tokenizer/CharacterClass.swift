/// A set of characters, as a pattern writes it: kinds and ranges, or all but those.
///
/// It refers to no other memory, for it is looked at once for each character of a text.
struct CharacterClass: Sendable {
  /// How many ranges beyond ASCII there can be.
  static let mostRanges = 8

  private var kinds: ScalarKinds = []
  private var lowest = SIMD8<UInt32>(repeating: .max)
  private var highest = SIMD8<UInt32>(repeating: 0)
  private var rangeCount = 0
  /// Which of the first 128 code points belong to it.
  private(set) var ascii = SIMD2<UInt64>(repeating: 0)
  private(set) var isInverted = false

  init() {}

  init(_ scalar: Unicode.Scalar) {
    insert(scalar.value...scalar.value)
  }

  init(_ kinds: ScalarKinds) {
    insert(kinds)
  }

  /// Whether no further range beyond ASCII finds a place.
  var isFull: Bool { rangeCount == Self.mostRanges }

  mutating func insert(_ kinds: ScalarKinds) {
    self.kinds.formUnion(kinds)
    for value: UInt32 in 0..<128 where !kinds.isDisjoint(with: ScalarKinds.of(value)) {
      insert(ascii: value)
    }
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    for value in range.clamped(to: 0...127) where range.contains(value) { insert(ascii: value) }
    guard range.upperBound >= 128, !isFull else { return }
    lowest[rangeCount] = range.lowerBound
    highest[rangeCount] = range.upperBound
    rangeCount += 1
  }

  mutating func invert() {
    isInverted.toggle()
    ascii = ~ascii
  }

  /// This set with the other forms of its letters, as matching without regard to case has it.
  ///
  /// Two characters from elsewhere count as forms of ASCII letters: the long s and the kelvin sign.
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
    if value < 128 { return ascii[Int(value >> 6)] >> UInt64(value & 63) & 1 != 0 }
    var isListed = !kinds.isDisjoint(with: ScalarKinds.of(value))
    if rangeCount > 0, !isListed {
      isListed = any((lowest .<= value) .& (highest .>= value))
    }
    return isListed != isInverted
  }

  /// How many bytes the character at a place has if it belongs to this set; 0 if it does not.
  @inline(__always)
  func match(at position: Int, in bytes: [UInt8], before end: Int) -> Int {
    guard position < end else { return 0 }
    let (value, length) = UTF8.codePoint(at: position, in: bytes, before: end)
    return contains(value) ? length : 0
  }

  private mutating func insert(ascii value: UInt32) {
    ascii[Int(value >> 6)] |= 1 << UInt64(value & 63)
  }
}

extension CharacterClass {
  /// Adds what another set has, which must not be inverted.
  mutating func insert(_ other: CharacterClass) {
    kinds.formUnion(other.kinds)
    ascii |= other.ascii
    for index in 0..<other.rangeCount where !isFull {
      lowest[rangeCount] = other.lowest[index]
      highest[rangeCount] = other.highest[index]
      rangeCount += 1
    }
  }
}
