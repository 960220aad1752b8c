/// Reads one character or one set of them from a regular expression.
struct CharacterClassReader {
  private(set) var scanner: ScalarScanner

  init(_ scanner: ScalarScanner) {
    self.scanner = scanner
  }

  mutating func set() throws(SplitPatternError) -> CharacterClass {
    if scanner.skip("[") { return try brackets() }
    guard let next = scanner.next, !#"^$.|?*+()]{}"#.unicodeScalars.contains(next) else {
      throw scanner.unexpected()
    }
    return try member().set
  }

  private mutating func brackets() throws(SplitPatternError) -> CharacterClass {
    var result = CharacterClass()
    let isInverted = scanner.skip("^")
    repeat {
      try checkMember()
      guard !result.isFull else {
        throw scanner.failure("more than \(CharacterClass.mostRanges) ranges beyond ASCII")
      }
      let failure = scanner.unexpected()
      let (set, first) = try member()
      if let first, scanner.skip("-") {
        try checkMember()
        guard let last = try member().scalar, first <= last else { throw failure }
        result.insert(first.value...last.value)
      } else {
        // What is left out cannot be joined with what is meant.
        guard !set.isInverted else { throw failure }
        result.insert(set)
      }
    } while !scanner.skip("]")
    if isInverted { result.invert() }
    return result
  }

  /// Refuses what means something else in a set than itself.
  private func checkMember() throws(SplitPatternError) {
    guard let next = scanner.next, next != "[", next != "]", next != "-", !scanner.isAt("&&") else {
      throw scanner.unexpected()
    }
  }

  /// One character, which it also returns as such, or an escape for many.
  private mutating func member() throws(SplitPatternError) -> (
    set: CharacterClass, scalar: Unicode.Scalar?
  ) {
    guard scanner.skip("\\") else {
      guard let scalar = scanner.take() else { throw scanner.unexpected() }
      return (CharacterClass(scalar), scalar)
    }
    if scanner.skip("p{") {
      let failure = scanner.unexpected()
      var name = ""
      while let next = scanner.take(), next != "}" { name.unicodeScalars.append(next) }
      guard let kinds = ScalarKinds.named[name] else { throw failure }
      return (CharacterClass(kinds), nil)
    }
    switch scanner.next {
    case "s"?:
      _ = scanner.take()
      return (CharacterClass(.space), nil)
    case "d"?:
      _ = scanner.take()
      return (CharacterClass(.decimalNumbers), nil)
    case let next?: return try escape(next)
    case nil: throw scanner.unexpected()
    }
  }

  private mutating func escape(_ next: Unicode.Scalar) throws(SplitPatternError) -> (
    CharacterClass, Unicode.Scalar?
  ) {
    let scalar: Unicode.Scalar
    switch next {
    case "n": scalar = "\n"
    case "r": scalar = "\r"
    case "t": scalar = "\t"
    case "S":
      var set = CharacterClass(.space)
      set.invert()
      _ = scanner.take()
      return (set, nil)
    case _ where next.isASCII && ScalarKinds(next).isDisjoint(with: [.letters, .numbers]):
      scalar = next
    default: throw scanner.unexpected()
    }
    _ = scanner.take()
    return (CharacterClass(scalar), scalar)
  }
}
