import Foundation

/// An axis of a chart: which numbers it shows, and where its ticks are.
struct Axis {
  /// What it shows, with the unit of its ticks.
  let title: String
  /// The ticks, at round numbers, with what stands beside them.
  let ticks: [(value: Double, text: String)]
  private let range: ClosedRange<Double>
  private let isLogarithmic: Bool

  /// An axis for some numbers.
  ///
  /// - Parameters:
  ///   - name: What they are.
  ///   - values: The numbers; those that are not finite do not count.
  ///   - unit: What is counted, for the multiples that ticks stand in: `B` for bytes; nil for numbers
  ///     that stay as they are.
  ///   - fromZero: Whether zero is on the axis.
  ///   - mayBeLogarithmic: Whether numbers far apart are shown by their logarithms.
  init(
    _ name: String,
    _ values: [Double],
    unit: String? = nil,
    fromZero: Bool = false,
    mayBeLogarithmic: Bool = false
  ) {
    let finite = values.filter(\.isFinite)
    var low = finite.min() ?? 0
    var high = finite.max() ?? 1
    isLogarithmic = mayBeLogarithmic && low > 0 && high / low > Self.mostLinear
    if isLogarithmic {
      range = low / 1.1...high * 1.1
      ticks = Self.logarithmicTicks(range).map { ($0, Self.text($0, decimals: nil)) }
      title = "\(name) (logarithmic)"
      return
    }
    if fromZero { (low, high) = (min(0, low), max(0, high)) }
    if low == high {
      (low, high) = low == 0 ? (0, 1) : (low - abs(low) / 20, high + abs(high) / 20)
    }
    let margin = (high - low) * 0.06
    range = (fromZero && low == 0 ? 0 : low - margin)...(fromZero && high == 0 ? 0 : high + margin)
    let scale = Self.scale(max(abs(low), abs(high)), unit)
    let step = Self.step(for: range)
    let decimals = max(0, Int((-log10(step / scale.factor) - 1e-9).rounded(.up)))
    let first = (range.lowerBound / step).rounded(.up)
    let last = (range.upperBound / step).rounded(.down)
    ticks = stride(from: first, through: last, by: 1).map { index in
      (index * step, Self.text(index * step / scale.factor, decimals: min(decimals, 9)))
    }
    title = scale.name.isEmpty ? name : "\(name) (\(scale.name))"
  }

  /// How many times the least number the largest may be before logarithms are shown.
  private static let mostLinear = 12.0

  /// Where a number stands: 0 at the beginning of the axis, 1 at its end.
  func place(_ value: Double) -> Double {
    let share =
      isLogarithmic
      ? log(max(value, range.lowerBound) / range.lowerBound)
        / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return min(1, max(0, share))
  }

  /// A step of 1, 2 or 5 times a power of ten that gives about five ticks.
  private static func step(for range: ClosedRange<Double>) -> Double {
    let rough = (range.upperBound - range.lowerBound) / 6
    let power = pow(10, log10(rough).rounded(.down))
    return power * ([1.0, 2, 5].first { $0 * power >= rough } ?? 10)
  }

  /// Powers of ten, and between them 2 and 5 where there are few.
  private static func logarithmicTicks(_ range: ClosedRange<Double>) -> [Double] {
    let first = Int(log10(range.lowerBound).rounded(.down))
    let last = Int(log10(range.upperBound).rounded(.up))
    let decades = last - first
    let factors = decades <= 3 ? [1.0, 2, 5] : [1.0]
    let every = max(1, decades / 6)
    return (first...last).filter { ($0 - first).isMultiple(of: every) }
      .flatMap { power in factors.map { $0 * pow(10, Double(power)) } }
      .filter(range.contains)
  }

  /// The multiple in which large numbers stand.
  private static func scale(_ largest: Double, _ unit: String?) -> (factor: Double, name: String) {
    guard let unit else { return (1, "") }
    let names = unit == "B" ? ["B", "kB", "MB", "GB"] : ["", "thousands", "millions", "billions"]
    let index = [1e9, 1e6, 1e3].firstIndex { largest >= $0 }.map { 3 - $0 } ?? 0
    return (pow(1000, Double(index)), names[index])
  }

  private static func text(_ value: Double, decimals: Int?) -> String {
    let value = value == 0 ? 0 : value
    if abs(value) >= 1e7 { return String(format: "%.3g", value) }
    guard let decimals else { return String(format: value < 1e-4 ? "%.1e" : "%g", value) }
    return decimals > 5 && value != 0
      ? String(format: "%.2g", value) : String(format: "%.\(decimals)f", value)
  }
}
