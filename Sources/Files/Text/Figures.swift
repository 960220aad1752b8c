// How numbers and counts are written in sentences and tables, everywhere alike.

/// A number with as many digits as people read: four, or all digits before the point up to a
/// million.
///
/// Numbers above ten million and below a thousandth are written with a power of ten. Trailing zeros
/// are kept only in columns of numbers.
package func rounded(_ value: Double, keepingZeros zeros: Bool = false) -> String {
  // A NaN may have a sign, which means nothing.
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-infinity" : "infinity" }
  let size = abs(value)
  guard size > 0 else { return "0" }
  if size >= 0.001, size < 9_999_999.5 {
    let decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0
    let more = size < 0.0099995 ? 3 : size < 0.099995 ? 2 : size < 0.99995 ? 1 : 0
    return fixed(value, decimals + more, zeros)
  }
  var exponent = 0
  var mantissa = value
  while abs(mantissa) >= 9.9995 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while abs(mantissa) < 0.99995 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  return "\(fixed(mantissa, 3, zeros))e\(exponent)"
}

/// A count with its noun: `1 window`, `12 windows`.
package func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  "\(count) \(count == 1 ? one : many ?? one + "s")"
}

/// A number with a given number of decimals.
private func fixed(_ value: Double, _ decimals: Int, _ zeros: Bool) -> String {
  let power = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  let scaled = Int((abs(value) * power).rounded())
  let whole = scaled / Int(power)
  var digits = decimals == 0 ? "" : String(scaled % Int(power))
  digits = String(repeating: "0", count: decimals - digits.count) + digits
  while !zeros, digits.last == "0" { digits.removeLast() }
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return sign + (digits.isEmpty ? "\(whole)" : "\(whole).\(digits)")
}
