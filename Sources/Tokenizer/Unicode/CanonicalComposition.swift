/// Unicode normalization form C, which composes characters as far as possible, or form KC, which
/// first replaces characters by their compatibility equivalents.
///
/// Source: Unicode Standard Annex 15. Only stretches that may change are processed.
struct CanonicalComposition: Sendable {
  /// How many times longer normalization can make a text.
  let growth: Double

  private let tables: CanonicalTables
  /// The smallest first byte of a character that may change.
  private let firstByte: UInt8

  /// Makes form C, or with `isCompatible` form KC.
  init(isCompatible: Bool = false) {
    tables = isCompatible ? .compatible : .shared
    // The first characters that may change are U+00A0 for form KC and U+0300 for form C.
    firstByte = isCompatible ? 0xC2 : 0xCC
    // Some characters grow to three times their bytes, and with form KC the 3 bytes of U+FDFA to
    // 33.
    growth = isCompatible ? 11 : 3
  }

  func apply(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(where: { $0 >= firstByte }) else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var copied = 0
    var previous = 0
    var position = 0
    while position < bytes.count {
      let (value, length) = UTF8.codePoint(at: position, in: bytes, before: bytes.count)
      if tables.isInert(value) {
        previous = position
        position += length
        continue
      }
      let start = tables.isBoundary(value) ? position : max(previous, copied)
      position += length
      while position < bytes.count {
        let (value, length) = UTF8.codePoint(at: position, in: bytes, before: bytes.count)
        if tables.isBoundary(value) { break }
        position += length
      }
      result += bytes[copied..<start]
      for value in composed(decomposed(bytes, start..<position)) {
        guard let scalar = Unicode.Scalar(value) else { continue }
        result += Array(String(Character(scalar)).utf8)
      }
      copied = position
      previous = position
    }
    result += bytes[copied...]
    return result
  }

  /// The full decomposition, with marks in canonical order.
  private func decomposed(_ bytes: [UInt8], _ range: Range<Int>) -> [UInt32] {
    var values: [UInt32] = []
    var position = range.lowerBound
    while position < range.upperBound {
      let (value, length) = UTF8.codePoint(at: position, in: bytes, before: range.upperBound)
      decompose(value, &values)
      position += length
    }

    var start = 0
    while start < values.count {
      var end = start + 1
      if tables.combiningClass(values[start]) != 0 {
        while end < values.count, tables.combiningClass(values[end]) != 0 { end += 1 }
        // `sort` is stable in fact but not by contract, so positions decide between equals.
        let order = (start..<end).sorted {
          let (one, other) = (tables.combiningClass(values[$0]), tables.combiningClass(values[$1]))
          return one == other ? $0 < $1 : one < other
        }
        values.replaceSubrange(start..<end, with: order.map { values[$0] })
      }
      start = end
    }
    return values
  }

  private func decompose(_ value: UInt32, _ values: inout [UInt32]) {
    if Hangul.decompose(value, { values.append($0) }) { return }
    if let parts = tables.compatibles[value] {
      values += parts
      return
    }
    guard let (first, second) = tables.decompositions[value] else { return values.append(value) }
    decompose(first, &values)
    if second != 0 { decompose(second, &values) }
  }

  /// Composes each mark with the last starter before it, unless something between blocks it.
  private func composed(_ values: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var starter: Int?
    var lastClass: UInt8 = 0
    for value in values {
      let combiningClass = tables.combiningClass(value)
      if let starter, starter == result.count - 1 || lastClass < combiningClass,
        let composite = composite(result[starter], value)
      {
        result[starter] = composite
        continue
      }
      if combiningClass == 0 { starter = result.count }
      lastClass = combiningClass
      result.append(value)
    }
    return result
  }

  private func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    Hangul.compose(first, second) ?? tables.compositions[UInt64(first) << 32 | UInt64(second)]
  }
}
