/// The result of a repeated measurement: the median, and the bounds of the middle half.
public struct Quartiles: Sendable, Equatable {
  /// A quarter of the values are below this.
  public let lower: Double
  /// Half of the values are below this.
  public let median: Double
  /// A quarter of the values are above this.
  public let upper: Double

  /// The quartiles of some values, interpolated between two of them where necessary; nil without
  /// values.
  ///
  /// Source: Hyndman and Fan, Sample Quantiles in Statistical Packages, 1996, definition 7, which is
  /// the default of NumPy.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    func value(at share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place)
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    lower = value(at: 0.25)
    median = value(at: 0.5)
    upper = value(at: 0.75)
  }
}
