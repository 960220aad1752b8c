/// Floating-point operations in words.
enum FloatingPointWork {
  /// A number of them with a unit, for example `12 TFlop`.
  static func text(_ operations: Double) -> String {
    let units = ["Flop", "GFlop", "TFlop", "PFlop"]
    var (value, unit) = (operations, 0)
    while value >= 999.5, unit < units.count - 1 {
      value /= unit == 0 ? 1e9 : 1_000
      unit += 1
    }
    return "\(value < 10 ? (value * 10).rounded() / 10 : value.rounded()) \(units[unit])"
  }
}
