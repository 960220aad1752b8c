/// The normalization of a SentencePiece model: a table of characters and their replacements.
///
/// The table is `precompiled_charsmap`: the length of a double array in bytes, the array in 32-bit
/// words, and the replacements, each ended by a zero byte. It is read and used as in the
/// `tokenizers` library's `spm_precompiled`, which is not quite what SentencePiece does.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// A grapheme cluster of more bytes is looked up character by character.
  private static let longest = 5
  /// The most units of an array; published ones have a quarter of that.
  private static let mostUnits = 1 << 18

  /// Reads `precompiled_charsmap`.
  init(_ field: TokenizerField) throws(TokenizerError) {
    guard let bytes = Base64.bytes(of: try field.string()) else {
      throw field.failure("expected Base64, found something else")
    }
    guard bytes.count >= 4 else { throw field.failure("is cut short: \(bytes.count) bytes") }
    let count = Int(Self.word(bytes, 0) / 4)
    let end = 4 + count * 4
    guard count > 0, end <= bytes.count else {
      throw field.failure("is cut short: \(bytes.count) bytes, of \(end) for the characters alone")
    }
    guard count <= Self.mostUnits else {
      throw field.failure("found \(count) units, supported: at most \(Self.mostUnits)")
    }
    guard String(validating: bytes[end...], as: UTF8.self) != nil else {
      throw field.failure("expected replacements in UTF-8, found something else")
    }
    units = (1...count).map { Self.word(bytes, $0 * 4) }
    texts = Array(bytes[end...])
    growth = 1
    growth = try largestGrowth(field)
  }

  /// How many times longer the map can make a text.
  private(set) var growth: Double

  /// Replaces everything that has a replacement.
  func apply(_ bytes: [UInt8]) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    let bytes = Array(text.utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var start = 0
    for cluster in text {
      let end = start + cluster.utf8.count
      append(bytes, start..<end, &result)
      start = end
    }
    return result
  }

  /// Appends a cluster; a short one is replaced as a whole, by the entry for its shortest prefix
  /// that has one.
  private func append(_ bytes: [UInt8], _ cluster: Range<Int>, _ result: inout [UInt8]) {
    if cluster.count <= Self.longest, let text = text(for: bytes, cluster) {
      result += texts[text]
      return
    }
    var start = cluster.lowerBound
    while start < cluster.upperBound {
      let end = min(start + UTF8.length(startingWith: bytes[start]), cluster.upperBound)
      if let text = text(for: bytes, start..<end) {
        result += texts[text]
      } else {
        result += bytes[start..<end]
      }
      start = end
    }
  }

  private func text(for bytes: [UInt8], _ range: Range<Int>) -> Range<Int>? {
    var node = offset(units[0])
    for index in range {
      guard bytes[index] != 0, let next = step(from: node, by: bytes[index]) else { return nil }
      node = next.node
      if next.isEntry { return text(at: node) }
    }
    return nil
  }

  /// The node that a byte leads to, and whether a key ends there.
  @inline(__always)
  private func step(from node: Int, by byte: UInt8) -> (node: Int, isEntry: Bool)? {
    let place = node ^ Int(byte)
    guard place < units.count, units[place] & 0x8000_00FF == UInt32(byte) else { return nil }
    return (place ^ offset(units[place]), units[place] & 0x100 != 0)
  }

  @inline(__always)
  private func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 0x200) >> 6)
  }

  /// The replacement that a node at the end of a key names; nil if it names none.
  private func text(at node: Int) -> Range<Int>? {
    guard node < units.count else { return nil }
    let start = Int(units[node] & 0x7FFF_FFFF)
    guard start <= texts.count, start == texts.count || texts[start] & 0xC0 != 0x80 else {
      return nil
    }
    let end = texts[start...].firstIndex(of: 0) ?? texts.count
    return start..<end
  }

  /// Visits all keys that can be reached, and checks their replacements.
  private func largestGrowth(_ field: TokenizerField) throws(TokenizerError) -> Double {
    var growth = 1.0
    var level = Set([offset(units[0])])
    for length in 1...Self.longest {
      var next: Set<Int> = []
      for node in level {
        for byte in UInt8(1)...UInt8.max {
          guard let step = step(from: node, by: byte) else { continue }
          guard step.isEntry else {
            next.insert(step.node)
            continue
          }
          guard let text = text(at: step.node) else {
            throw field.failure("is damaged: an entry names a replacement that is not there")
          }
          growth = max(growth, Double(text.count) / Double(length))
        }
      }
      level = next
    }
    return growth
  }

  private static func word(_ bytes: [UInt8], _ start: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32($1 * 8) }
  }
}
