/// The character data that canonical composition needs.
///
/// The data is that of Unicode 9, as in the `tokenizers` library, whichever version this system
/// knows: later characters neither decompose nor are reordered there.
struct CanonicalTables: Sendable {
  static let shared = CanonicalTables(isCompatible: false)
  /// The tables that also replace characters by their compatibility equivalents.
  static let compatible = CanonicalTables(isCompatible: true)

  /// The one or two code points that a code point decomposes to; the second is 0 if there is none.
  private(set) var decompositions: [UInt32: (UInt32, UInt32)] = [:]
  /// The code point that two compose to, by `first << 32 | second`.
  private(set) var compositions: [UInt64: UInt32] = [:]
  /// The full compatibility decomposition of a code point.
  private(set) var compatibles: [UInt32: [UInt32]] = [:]
  private var combiningClasses = [UInt8](repeating: 0, count: tableSize)
  /// Whether a code point stays as it is, unless one that does not follows it.
  private var isSettled = [Bool](repeating: true, count: tableSize)
  /// Whether nothing before a code point can change it or be changed by it.
  private var isBoundary = [Bool](repeating: true, count: tableSize)

  private static let version: Unicode.Version = (major: 9, minor: 0)
  /// One after the last code point that decomposes.
  private static let tableSize = 0x2FA20

  private init(isCompatible: Bool) {
    for value in 0x300..<UInt32(Self.tableSize) {
      guard let properties = Unicode.Scalar(value)?.properties,
        properties.canonicalCombiningClass != .notReordered,
        let age = properties.age, age <= Self.version
      else { continue }
      combiningClasses[Int(value)] = properties.canonicalCombiningClass.rawValue
    }

    var next: UInt32 = 0
    for word in Decompositions.text.split(whereSeparator: \.isWhitespace) {
      if word.last == ":" {
        next = UInt32(word.dropLast(), radix: 16) ?? 0
        continue
      }
      let parts = word.split { $0 == "+" || $0 == "-" }.compactMap { UInt32($0, radix: 16) }
      if let first = parts.first {
        let second = parts.count > 1 ? parts[1] : 0
        decompositions[next] = (first, second)
        if word.contains("+") {
          compositions[UInt64(first) << 32 | UInt64(second)] = next
          isBoundary[Int(second)] = false
        } else {
          isSettled[Int(next)] = false
        }
      }
      next += 1
    }

    if isCompatible { readCompatibles() }

    for vowelOrFinal in Array(Hangul.vowels) + Array(Hangul.finals) {
      isBoundary[Int(vowelOrFinal)] = false
    }
    for value in 0..<Self.tableSize {
      var first = UInt32(value)
      if let parts = compatibles[first] { first = parts[0] }
      while let parts = decompositions[first] { first = parts.0 }
      if combiningClasses[Int(first)] != 0 || !isBoundary[Int(first)] { isBoundary[value] = false }
    }
  }

  private mutating func readCompatibles() {
    var next: UInt32 = 0
    for word in CompatibleCharacters.text.split(whereSeparator: \.isWhitespace) {
      if word.last == ":" {
        next = UInt32(word.dropLast(), radix: 16) ?? 0
        continue
      }
      compatibles[next] = word.split(separator: "-").compactMap { UInt32($0, radix: 16) }
      isSettled[Int(next)] = false
      next += 1
    }
  }

  func combiningClass(_ value: UInt32) -> UInt8 {
    value < Self.tableSize ? combiningClasses[Int(value)] : 0
  }

  func isBoundary(_ value: UInt32) -> Bool {
    value >= Self.tableSize || isBoundary[Int(value)]
  }

  /// Whether a code point is left alone next to another one of this kind.
  func isInert(_ value: UInt32) -> Bool {
    value >= Self.tableSize || (isBoundary[Int(value)] && isSettled[Int(value)])
  }
}
