/// Finds the name that a mistyped one may stand for.
public enum Suggestion {
  /// The candidate that is closest to a mistyped name.
  ///
  /// Up to a third of the letters may be wrong, at least one. A swap of two neighbours counts as
  /// one; differences of case, and of `-` and `_`, do not count. Of equally close candidates, the
  /// first in the alphabet is returned.
  public static func closest(
    to name: String,
    among candidates: some Sequence<String>
  ) -> String? {
    let typed = folded(name)
    let limit = max(1, typed.count / 3)
    return
      candidates
      .filter { abs($0.unicodeScalars.count - typed.count) <= limit }
      .map { (distance: alignmentDistance(typed, folded($0)), candidate: $0) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
      .candidate
  }

  private static func folded(_ name: String) -> [Unicode.Scalar] {
    name.lowercased().unicodeScalars.map { $0 == "-" ? "_" : $0 }
  }

  /// The optimal string alignment distance: insertions, deletions, replacements and swaps of
  /// neighbours.
  static func alignmentDistance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, scalar) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        let replaced = last[column] + (scalar == other ? 0 : 1)
        var best = min(last[column + 1] + 1, current[column] + 1, replaced)
        if row > 0, column > 0, scalar == right[column - 1], left[row - 1] == other {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
