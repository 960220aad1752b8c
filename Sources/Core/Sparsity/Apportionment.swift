/// Divides an amount among places of different sizes, in proportion to their shares.
///
/// No place loses more than a limit; what is above it goes from the others.
enum Apportionment {
  /// The part of each place that goes.
  ///
  /// - Parameters:
  ///   - amount: The part of all of them together that goes, from 0 to 1.
  ///   - shares: What the parts are in proportion to, numbers from 0.
  ///   - sizes: How much each has; 0 where nothing may go.
  ///   - most: The largest part, from 0 to 1.
  /// - Returns: Parts from 0 to `most` whose mean by size is the amount; nil where all that may go is
  ///   less.
  static func parts(
    of amount: Double,
    by shares: [Double],
    sizes: [Double],
    most: Double
  ) -> [Double]? {
    var parts = [Double](repeating: 0, count: shares.count)
    var open = shares.indices.filter { shares[$0] > 0 && sizes[$0] > 0 }
    let all = sizes.reduce(0, +)
    var left = amount * all
    while !open.isEmpty {
      let weighted = open.reduce(0) { $0 + sizes[$1] * shares[$1] }
      let scale = left / weighted
      let full = open.filter { scale * shares[$0] > most }
      guard !full.isEmpty else {
        for place in open { parts[place] = scale * shares[place] }
        return parts
      }
      for place in full {
        parts[place] = most
        left -= most * sizes[place]
      }
      open.removeAll { scale * shares[$0] > most }
    }
    // To rounding, where just all that may go is asked for.
    return left <= 1e-9 * all ? parts : nil
  }
}
