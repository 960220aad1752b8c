/// A number, kept exactly as it was written.
///
/// Two numbers are equal when they are written the same way.
public struct Number: Sendable, Equatable, Hashable {
  /// The digits without underscores, otherwise as written.
  public let text: String

  init(lexed text: String) { self.text = text }

  /// The nearest `Double`; always finite.
  public var double: Double { Double(text) ?? 0 }

  /// The exact whole number, also for `1e3` or `2.0`; nil for fractions and beyond the range of
  /// `Int`.
  public var integer: Int? {
    let parts = text.split(whereSeparator: { $0 == "e" || $0 == "E" })
    guard let mantissa = parts.first else { return nil }
    var digits = mantissa.utf8.filter(\.isDigit)
    guard digits.contains(where: { $0 != UInt8(ascii: "0") }) else { return 0 }
    let decimals = mantissa.utf8.firstIndex(of: .dot).map {
      mantissa.utf8.distance(from: $0, to: mantissa.utf8.endIndex) - 1
    }
    guard let exponent = parts.count > 1 ? Int(parts[1]) : 0, abs(exponent / 2) < 1 << 40 else {
      return nil
    }
    var zeros = exponent - (decimals ?? 0)
    while digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      zeros += 1
    }
    let significant = digits.drop { $0 == UInt8(ascii: "0") }
    guard zeros >= 0, significant.count + zeros <= 19 else { return nil }
    let sign = text.utf8.first == .minus ? "-" : ""
    return Int(
      sign + String(decoding: significant, as: UTF8.self) + String(repeating: "0", count: zeros)
    )
  }
}
