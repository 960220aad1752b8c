extension GGUFTokenizer {
  /// The most bytes that all cuts of all tokens may hold together; those of the largest vocabularies
  /// hold a fifth of it.
  private static let mostCutBytes = 1 << 28

  /// Refuses tokens that are too long to try all cuts of each into two, as is done where pairs merge by
  /// the scores of the tokens that they become.
  ///
  /// - Parameter tokens: The tokens that may be cut.
  /// - Throws: `Misfit` that says how long the tokens are.
  static func checkCuts(of tokens: [[UInt8]]) throws(Misfit) {
    var left = mostCutBytes
    for token in tokens {
      let (bytes, overflows) = token.count.multipliedReportingOverflow(by: token.count)
      guard !overflows, bytes <= left else {
        let longest = tokens.map(\.count).max() ?? 0
        throw Misfit(
          reason: "the tokenizer has \(tokens.count) tokens of up to \(longest) bytes, which is "
            + "more than can be cut into pairs that merge"
        )
      }
      left -= bytes
    }
  }
}
