import BillhookFiles

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension Scores {
  /// How many scores there are and in what range, with the perplexity of the whole model where it
  /// is known.
  package var summary: String {
    let count = counted(values.count, "unit") + " scored"
    guard let least = shownValues.min(), let most = shownValues.max() else { return count }
    let range = least == most ? rounded(least) : "\(rounded(least)) to \(rounded(most))"
    guard scale == .loss else { return "\(count): \(range)" }
    return "\(count): perplexity \(range) without one of them"
      + (whole.map { ", \(rounded(exp($0))) with all" } ?? "")
  }

  private var shownValues: [Double] { values.indices.map(shown) }
}
