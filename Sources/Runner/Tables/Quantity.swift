import Foundation

/// Numbers of parameters and bytes as people read them.
enum Quantity {
  /// A count in thousands, millions or billions.
  static func count(_ value: Int) -> String {
    switch value {
    case ..<1_000_000: "\(number(Double(value) / 1e3)) K"
    case ..<1_000_000_000: "\(number(Double(value) / 1e6)) M"
    default: "\(number(Double(value) / 1e9)) B"
    }
  }

  /// Bytes in millions or billions.
  static func bytes(_ value: Int) -> String {
    value < 1_000_000_000
      ? "\(number(Double(value) / 1e6)) MB" : "\(number(Double(value) / 1e9)) GB"
  }

  /// A number with four digits, or all that stand in front of the point.
  static func digits(_ value: Double) -> String {
    let decimals =
      switch abs(value) {
      case ..<10: 3
      case ..<100: 2
      case ..<1000: 1
      default: 0
      }
    return value.isFinite ? String(format: "%.\(decimals)f", value) : "\(value)"
  }

  /// A number with three decimals.
  static func number(_ value: Double) -> String {
    value.isFinite ? String(format: "%.3f", value) : "\(value)"
  }
}
