/// Which characters may come next in a match: those, and no others.
struct PatternReach {
  var ascii: SIMD2<UInt64>
  /// The kinds of characters beyond ASCII.
  var kinds: ScalarKinds
  /// Whether what follows matches at any place, with no regard to what comes next.
  var isCertain = false

  /// Nothing is known.
  static let anything = PatternReach(ascii: SIMD2(repeating: .max), kinds: .all)
  /// What follows matches at any place.
  static let certain = PatternReach(ascii: SIMD2(repeating: .max), kinds: .all, isCertain: true)

  /// What comes next where one or the other goes on.
  func union(_ other: PatternReach) -> PatternReach {
    PatternReach(
      ascii: ascii | other.ascii,
      kinds: kinds.union(other.kinds),
      isCertain: isCertain || other.isCertain
    )
  }

  /// Whether no character can come next in both.
  func isDisjoint(with other: PatternReach) -> Bool {
    (ascii & other.ascii) == SIMD2(repeating: 0) && kinds.isDisjoint(with: other.kinds)
  }
}
