import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Fits a power law to the upper end of a spectrum.
///
/// Source: Lu et al., AlphaPruning, 2024, arXiv 2410.10912, section 3, and the code of its authors.
struct PowerLaw {
  /// The eigenvalues from the smallest up, and their logarithms.
  private let eigenvalues: [Double]
  private let logarithms: [Double]
  /// The sum of the logarithms from each place on.
  private let sums: [Double]

  /// A spectrum with values above 0, from the smallest up.
  init(_ eigenvalues: [Double]) {
    self.eigenvalues = eigenvalues
    logarithms = eigenvalues.map { log($0) }
    var sums = [Double](repeating: 0, count: eigenvalues.count)
    var sum = 0.0
    for place in eigenvalues.indices.reversed() {
      sum += logarithms[place]
      sums[place] = sum
    }
    self.sums = sums
  }

  /// The number of bins of the histogram whose peak is looked for.
  private static let bins = 100

  /// The exponent of the density above the median, by Hill's estimator; nil where all of these are
  /// equal, or there are fewer than two eigenvalues.
  func exponentFromMiddle() -> Double? {
    eigenvalues.count < 2 ? nil : exponent(from: eigenvalues.count / 2)
  }

  /// The exponent of the density from where its distribution is nearest to a power law, among the
  /// eigenvalues about the peak of the spectrum.
  ///
  /// - Parameter lowest: The least eigenvalue that is tried, by the one at the peak.
  /// - Returns: The exponent; nil where no power law falls from there.
  func exponentFromPeak(lowest: (Double) -> Double) -> Double? {
    guard eigenvalues.count > 1, let peak else { return nil }
    let (low, high) = (lowest(peak), 1.5 * peak)
    var best: (distance: Double, exponent: Double)?
    for place in eigenvalues.indices.dropLast() where eigenvalues[place] >= low {
      guard eigenvalues[place] <= high else { break }
      guard let exponent = exponent(from: place), exponent > 1 else { continue }
      let limit = best?.distance ?? .infinity
      if let distance = distance(from: place, exponent, below: limit) {
        best = (distance, exponent)
      }
    }
    return best?.exponent
  }

  /// The lower edge of the fullest bin of a histogram of the logarithms.
  private var peak: Double? {
    guard let first = eigenvalues.first, let last = eigenvalues.last, first < last else {
      return eigenvalues.first
    }
    let (low, high) = (log10(first), log10(last))
    var counts = [Int](repeating: 0, count: Self.bins)
    for value in eigenvalues {
      let bin = Int((log10(value) - low) / (high - low) * Double(Self.bins))
      counts[min(max(0, bin), Self.bins - 1)] += 1
    }
    let most = counts.max() ?? 0
    let bin = counts.firstIndex(of: most) ?? 0
    return pow(10, low + (high - low) * Double(bin) / Double(Self.bins))
  }

  /// Hill's estimate from a place on; nil where all eigenvalues from there on are equal.
  private func exponent(from place: Int) -> Double? {
    let count = Double(eigenvalues.count - place)
    let spread = sums[place] - count * logarithms[place]
    // What rounding makes of sums of equal logarithms is no spread.
    guard spread > 1e-12 * count else { return nil }
    return 1 + count / spread
  }

  /// The largest distance between the distribution from a place on and a power law (Kolmogorov and
  /// Smirnov); nil as soon as it is not below a limit.
  private func distance(from place: Int, _ exponent: Double, below limit: Double) -> Double? {
    let count = Double(eigenvalues.count - place)
    var largest = 0.0
    for index in place..<eigenvalues.count {
      let above = exp((1 - exponent) * (logarithms[index] - logarithms[place]))
      largest = max(largest, abs(1 - above - Double(index - place) / count))
      if largest >= limit { return nil }
    }
    return largest
  }
}
