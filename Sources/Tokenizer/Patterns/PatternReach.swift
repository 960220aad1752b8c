/// The set of characters that may come next in a match.
struct PatternReach {
  var ascii: SIMD2<UInt64>
  /// The kinds of the characters beyond ASCII.
  var kinds: ScalarKinds
  /// Whether the rest matches at any position, whatever comes next.
  var isCertain = false

  /// Nothing is known.
  static let anything = PatternReach(ascii: SIMD2(repeating: .max), kinds: .all)
  /// The rest matches at any position.
  static let certain = PatternReach(ascii: SIMD2(repeating: .max), kinds: .all, isCertain: true)

  /// The characters that may come next in either of two.
  func union(_ other: PatternReach) -> PatternReach {
    PatternReach(
      ascii: ascii | other.ascii,
      kinds: kinds.union(other.kinds),
      isCertain: isCertain || other.isCertain
    )
  }

  /// Whether no character may come next in both.
  func isDisjoint(with other: PatternReach) -> Bool {
    (ascii & other.ascii) == SIMD2(repeating: 0) && kinds.isDisjoint(with: other.kinds)
  }
}
