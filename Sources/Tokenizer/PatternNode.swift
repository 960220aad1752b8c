/// A part of a regular expression.
indirect enum PatternNode {
  /// One character of a set.
  case set(CharacterClass)
  case sequence([PatternNode])
  /// The first of several that lets the rest match.
  case choice([PatternNode])
  /// As often as the rest lets it, or if it is possessive as often as it can.
  case repeated(PatternNode, least: Int, most: Int, isPossessive: Bool)
  /// A place where a match of this begins, or where none does.
  case look(PatternNode, isNegative: Bool)
  /// A place before the end of a line, or of the text.
  case lineEnd

  /// Whether it may match without a character.
  var isNullable: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .choice(let branches): branches.contains(where: \.isNullable)
    case .repeated(let part, let least, _, _): least == 0 || part.isNullable
    case .look, .lineEnd: true
    }
  }

  /// What comes next where this does, and then what follows.
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
