import BillhookCore

/// Numbers of parameters and bytes as people read them.
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
