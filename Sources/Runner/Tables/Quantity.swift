import BillhookCore

/// Numbers of parameters and bytes as people read them.
enum Quantity {
  /// A count in thousands, millions or billions.
  static func count(_ value: Int) -> String {
    switch value {
    case ..<1000: "\(value)"
    case ..<1_000_000: "\(number(Double(value) / 1e3)) K"
    case ..<1_000_000_000: "\(number(Double(value) / 1e6)) M"
    default: "\(number(Double(value) / 1e9)) B"
    }
  }

  /// Bytes in thousands, millions or billions.
  static func bytes(_ value: Int) -> String {
    switch value {
    case ..<1_000_000: "\(number(Double(value) / 1e3)) kB"
    case ..<1_000_000_000: "\(number(Double(value) / 1e6)) MB"
    default: "\(number(Double(value) / 1e9)) GB"
    }
  }

  /// A number with four digits, or all before the decimal point; zeros at its end stay, so that
  /// numbers in a column look alike.
  static func number(_ value: Double) -> String { rounded(value, keepingZeros: true) }

  /// A mean with its standard error, each to four digits after the decimal point, as lm-eval gives them.
  static func estimate(_ value: Double, _ error: Double) -> String {
    "\(fixed(value)) ± \(fixed(error))"
  }

  private static func fixed(_ value: Double) -> String {
    guard abs(value) < 1e9 else { return number(value) }
    let parts = Int((value * 10_000).rounded())
    let digits = "\(abs(parts) % 10_000)"
    let zeros = String(repeating: "0", count: 4 - digits.count)
    return "\(parts < 0 ? "-" : "")\(abs(parts) / 10_000).\(zeros)\(digits)"
  }
}
