/// How long one run took to generate texts.
struct GenerationTimes: Equatable {
  /// Seconds until each text had its first new token.
  let prefill: Double
  /// Seconds from then until each text had its last token.
  let decoding: Double

  /// Times a run.
  ///
  /// - Parameters:
  ///   - output: The number of tokens to add to each text, at least one.
  ///   - seconds: A clock: the seconds since some fixed moment.
  ///   - step: Adds a token to each text, and returns when the tokens are known.
  /// - Throws: What a step throws.
  init(output: Int, seconds: () -> Double, step: () throws -> Void) rethrows {
    let start = seconds()
    try step()
    let first = seconds()
    for _ in 1..<max(1, output) { try step() }
    let end = seconds()
    self.init(prefill: first - start, decoding: end - first)
  }

  /// Makes times that are known already.
  init(prefill: Double, decoding: Double) {
    self.prefill = prefill
    self.decoding = decoding
  }
}
