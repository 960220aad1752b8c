import BillhookCore

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// With which probability each unit of one kind stays.
struct KeepProbabilities {
  /// The probabilities, from 0 to 1.
  private(set) var values: [Double]
  /// How many units are to stay.
  let kept: Double

  private static let epsilon = 1e-7

  /// The same probability for each unit.
  init(count: Int, kept: Int) {
    values = [Double](repeating: count > 0 ? Double(kept) / Double(count) : 0, count: count)
    self.kept = Double(kept)
  }

  /// By scores: a sigmoid of them in standard deviations, shifted so that the mean is the part that
  /// stays, and clipped.
  init(scores: [Double], kept: Int) {
    self.init(count: scores.count, kept: kept)
    let finite = scores.filter(\.isFinite)
    guard let largest = finite.max(), scores.count > 1 else { return }
    // Nothing works without a unit of an infinite score: it counts as the highest.
    let scores = scores.map { $0.isFinite ? $0 : largest }
    let mean = scores.reduce(0, +) / Double(scores.count)
    let squares = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / Double(scores.count - 1)).squareRoot()
    guard deviation > 0 else { return }
    values = scores.map { 1 / (1 + exp(-($0 - mean) / deviation)) }
    shift()
  }

  /// Probabilities that are known.
  init(_ values: [Double], kept: Int) {
    self.values = values
    self.kept = Double(kept)
  }

  // MARK: Steps

  /// The slope of the expected loss for each unit, from masks that were drawn.
  ///
  /// - Parameters:
  ///   - masks: Which units stay in each mask, and what its score is multiplied with: how far its loss is above
  ///     the baseline, over the number of masks less one.
  ///   - form: How the difference of a mask from the probabilities becomes its score.
  /// - Returns: A slope for each unit, along which probabilities fall.
  func gradient(
    of masks: [(stays: ArraySlice<Bool>, factor: Double)],
    _ form: PolicyGradient.Gradient
  ) -> [Double] {
    var (sums, total) = ([Double](repeating: 0, count: values.count), 0.0)
    for (stays, factor) in masks {
      total += factor
      for unit in sums.indices where stays[stays.startIndex + unit] { sums[unit] += factor }
    }
    for (unit, value) in values.enumerated() {
      let difference = sums[unit] - value * total
      switch form {
      case .preconditioned:
        sums[unit] =
          difference / ((value + Self.epsilon) * (1 - value + Self.epsilon)).squareRoot()
      case .unbiased:
        // Where the probability is 0 or 1 nothing else can be drawn.
        sums[unit] = 0 < value && value < 1 ? difference / (value * (1 - value)) : 0
      }
    }
    return sums
  }

  /// Goes a step, and then to the nearest probabilities by which at most as many units stay as are to.
  mutating func step(_ rate: Double, along gradient: [Double]) {
    for (unit, slope) in gradient.enumerated() { values[unit] -= rate * slope }
    if clipped(shiftedBy: 0).sum > kept {
      shift()
    } else {
      values = values.map { min(1, max(0, $0)) }
    }
  }

  /// The sum of all probabilities after a shift, each clipped, and how many of them lie between 0 and 1: the
  /// slope of the sum.
  private func clipped(shiftedBy shift: Double) -> (sum: Double, slope: Int) {
    var (sum, slope) = (0.0, 0)
    for value in values {
      let shifted = value - shift
      if shifted >= 1 {
        sum += 1
      } else if shifted > 0 {
        sum += shifted
        slope += 1
      }
    }
    return (sum, slope)
  }

  /// Shifts all probabilities, and clips them, so that their sum is what is to stay.
  ///
  /// Between two of its corners the sum is a line, which one of Newton's steps takes to its end. Where such a
  /// step would leave what is known to hold the answer, and every fourth time in any case, that is halved.
  private mutating func shift() {
    guard let least = values.min(), let most = values.max() else { return }
    var (low, high) = (least - 1, most)
    var shift = min(high, max(low, 0))
    for step in 1...120 {
      let (sum, slope) = clipped(shiftedBy: shift)
      let excess = sum - kept
      guard abs(excess) > 1e-12 * Double(values.count) else { break }
      if excess > 0 { low = shift } else { high = shift }
      let next = shift + excess / Double(slope)
      let isInside = low < next && next < high
      shift = isInside && !step.isMultiple(of: 4) ? next : (low + high) / 2
    }
    values = values.map { min(1, max(0, $0 - shift)) }
  }
}
