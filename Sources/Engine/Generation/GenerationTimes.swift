/// How long one run took to make texts.
struct GenerationTimes: Equatable {
  /// Seconds until each text had its first new token.
  let prefill: Double
  /// Seconds from then on until each had its last.
  let decoding: Double

  /// Times a run.
  ///
  /// - Parameters:
  ///   - output: The tokens to add to each text, at least one.
  ///   - seconds: The time since some moment.
  ///   - step: Adds a token to each text; done when the tokens are known.
  /// - Throws: What a step throws.
  init(output: Int, seconds: () -> Double, step: () throws -> Void) rethrows {
    let start = seconds()
    try step()
    let first = seconds()
    for _ in 1..<max(1, output) { try step() }
    let end = seconds()
    self.init(prefill: first - start, decoding: end - first)
  }

  /// Times that are known.
  init(prefill: Double, decoding: Double) {
    self.prefill = prefill
    self.decoding = decoding
  }
}
