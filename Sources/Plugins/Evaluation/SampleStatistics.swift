/// Means and quantiles of numbers, with errors, as llama.cpp's perplexity tool computes them
/// (tools/perplexity, `mean_and_uncertainty` and `percentile`), in f64.
struct SampleStatistics {
  /// The numbers in ascending order.
  private let sorted: [Double]
  let mean: Double
  /// The standard error of the mean; 0 for ten numbers or fewer.
  let error: Double
  /// The root of the mean of the squares.
  let rootMeanSquare: Double
  /// Its standard error, by that of the mean of the squares.
  let errorOfRootMeanSquare: Double

  /// The statistics of one number at least.
  init(_ numbers: [Double]) {
    sorted = numbers.sorted()
    (mean, error) = Self.mean(numbers)
    let squares = Self.mean(numbers.map { $0 * $0 })
    rootMeanSquare = squares.mean.squareRoot()
    errorOfRootMeanSquare = rootMeanSquare > 0 ? squares.error / (2 * rootMeanSquare) : 0
  }

  private static func mean(_ numbers: [Double]) -> (mean: Double, error: Double) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    let variance = numbers.reduce(0) { $0 + $1 * $1 } / count - mean * mean
    return (mean, numbers.count > 10 && variance > 0 ? (variance / (count - 1)).squareRoot() : 0)
  }

  /// The number below which a share of them lies, linear between neighbours.
  func quantile(_ share: Double) -> Double {
    let place = min(max(share, 0), 1) * Double(sorted.count - 1)
    let below = Int(place)
    let part = place - Double(below)
    return (1 - part) * sorted[below] + part * sorted[min(below + 1, sorted.count - 1)]
  }

  /// The middle one, or the mean of the two in the middle.
  var median: Double { quantile(0.5) }

  /// The standard error of a share of so many; 0 for a single one.
  static func error(ofShare share: Double, of count: Int) -> Double {
    count > 1 ? (share * (1 - share) / Double(count - 1)).squareRoot() : 0
  }
}
