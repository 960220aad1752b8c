import BillhookCore

/// Numbers of parameters, bytes and seconds as people read them.
package enum Quantity {
  /// A count in thousands, millions or billions.
  package static func count(_ value: Int) -> String {
    switch value {
    case ..<1000: "\(value)"
    case ..<1_000_000: "\(number(Double(value) / 1e3)) K"
    case ..<1_000_000_000: "\(number(Double(value) / 1e6)) M"
    default: "\(number(Double(value) / 1e9)) B"
    }
  }

  /// Bytes in thousands, millions or billions.
  package static func bytes(_ value: Int) -> String {
    switch value {
    case ..<1_000_000: "\(number(Double(value) / 1e3)) kB"
    case ..<1_000_000_000: "\(number(Double(value) / 1e6)) MB"
    default: "\(number(Double(value) / 1e9)) GB"
    }
  }

  /// Seconds, minutes or hours.
  package static func seconds(_ value: Double) -> String {
    guard value.isFinite, value < 1e9 else { return "very long" }
    let tenths = (max(0, value) * 10).rounded() / 10
    let whole = Int(max(0, value).rounded())
    if tenths < 10 { return "\(tenths) s" }
    if whole < 120 { return "\(whole) s" }
    let minutes = Int((value / 60).rounded())
    if minutes < 120 { return "\(minutes) min" }
    return "\(minutes / 60) h \(minutes % 60) min"
  }

  /// A number with four digits, or all before the decimal point; zeros at its end stay, so that
  /// numbers in a column look alike.
  package static func number(_ value: Double) -> String { rounded(value, keepingZeros: true) }

  /// A standard error with two digits.
  package static func error(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return rounded(value) }
    var (power, scaled) = (1.0, value)
    while scaled < 10 { (power, scaled) = (power * 10, scaled * 10) }
    while scaled >= 100 { (power, scaled) = (power / 10, scaled / 10) }
    return rounded(scaled.rounded() / power)
  }
}
