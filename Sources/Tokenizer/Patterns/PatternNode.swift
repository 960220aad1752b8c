/// A part of a regular expression.
indirect enum PatternNode {
  /// One character of a set.
  case set(CharacterClass)
  case sequence([PatternNode])
  /// The first of several alternatives that lets the rest match.
  case choice([PatternNode])
  /// A repeat, as often as the rest allows, or if it is possessive as often as possible.
  case repeated(PatternNode, least: Int, most: Int, isPossessive: Bool)
  /// A lookahead: a position where a match of this begins, or where none does.
  case look(PatternNode, isNegative: Bool)
  /// A position before the end of a line, or of the text.
  case lineEnd

  /// Whether this may match the empty string.
  var isNullable: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .choice(let branches): branches.contains(where: \.isNullable)
    case .repeated(let part, let least, _, _): least == 0 || part.isNullable
    case .look, .lineEnd: true
    }
  }

  /// The characters that may come next where this is followed by what `follow` allows.
  func reach(then follow: PatternReach) -> PatternReach {
    switch self {
    case .set(let set): return set.reach
    case .sequence(let parts):
      return parts.reversed().reduce(follow) { $1.reach(then: $0) }
    case .choice(let branches):
      guard let first = branches.first else { return follow }
      return branches.dropFirst().reduce(first.reach(then: follow)) {
        $0.union($1.reach(then: follow))
      }
    case .repeated(let part, let least, _, _):
      let inside = part.reach(then: part.isNullable ? .anything : follow)
      return least == 0 ? inside.union(follow) : inside
    case .look, .lineEnd:
      return PatternReach(ascii: follow.ascii, kinds: follow.kinds)
    }
  }
}
