/// Reads floating-point numbers as the `tokenizers` library does, to the bit.
///
/// The library takes the digits as a 64-bit integer and multiplies or divides it by a power of ten,
/// rounding each, so one in seven scores is not the nearest number. Which of two paths has the
/// higher sum can depend on that.
enum LibraryNumber {
  /// The largest power of ten that is applied in one step; larger ones take several.
  private static let largestPower = 308
  /// An exponent beyond this changes nothing any more.
  private static let largestExponent = 100_000

  /// The value of a JSON number; nil if it is too large.
  static func double(_ text: String) -> Double? {
    var digits: UInt64 = 0
    var exponent = 0
    var isFull = false
    var isFraction = false
    var bytes = Array(text.utf8)[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if isNegative { bytes.removeFirst() }
    while let byte = bytes.first, byte | 0x20 != UInt8(ascii: "e") {
      bytes.removeFirst()
      guard byte != UInt8(ascii: ".") else {
        // Digits of the fraction are read again, until they overflow too.
        (isFraction, isFull) = (true, false)
        continue
      }
      let (shifted, isTooLarge) = digits.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = shifted.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
      isFull = isFull || isTooLarge || overflows
      if !isFull { digits = sum }
      if isFull != isFraction { exponent += isFraction ? -1 : 1 }
    }
    if let stated = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) {
      exponent += min(max(stated, -largestExponent), largestExponent)
    } else if !bytes.isEmpty {
      exponent += bytes.contains(UInt8(ascii: "-")) ? -largestExponent : largestExponent
    }
    guard let value = scaled(Double(digits), by: exponent) else { return nil }
    return isNegative ? -value : value
  }

  private static func scaled(_ value: Double, by exponent: Int) -> Double? {
    var (value, exponent) = (value, exponent)
    while exponent < -largestPower, value != 0 {
      value /= 1e308
      exponent += largestPower
    }
    guard value != 0 else { return 0 }
    guard exponent <= largestPower, let power = Double("1e\(abs(exponent))") else { return nil }
    value = exponent < 0 ? value / power : value * power
    return value.isFinite ? value : nil
  }
}
