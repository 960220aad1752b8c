/// Reads one character or one set of them from a regular expression.
struct CharacterClassReader {
  private(set) var scanner: ScalarScanner
  private var depth = 0

  /// The deepest nesting of sets: each costs a level of recursion.
  private static let deepest = 16

  init(_ scanner: ScalarScanner) {
    self.scanner = scanner
  }

  mutating func set() throws(SplitPatternError) -> CharacterClass {
    if scanner.skip("[") { return try brackets() }
    if scanner.skip(".") { return CharacterClass("\n").inverted() }
    guard let next = scanner.next, !#"^$|?*+()]{}"#.unicodeScalars.contains(next) else {
      throw scanner.unexpected()
    }
    return try member().set
  }

  /// The rest of a set, after its opening bracket.
  private mutating func brackets() throws(SplitPatternError) -> CharacterClass {
    guard depth < Self.deepest else { throw scanner.failure("sets nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    let isInverted = scanner.skip("^")
    var result = try members()
    while scanner.skip("&&") { result.intersect(try members()) }
    guard scanner.skip("]") else { throw scanner.unexpected() }
    return isInverted ? result.inverted() : result
  }

  /// Members up to the end of the set or to `&&`.
  private mutating func members() throws(SplitPatternError) -> CharacterClass {
    var result = CharacterClass()
    var isFirst = true
    repeat {
      if scanner.isAt("[:") { throw scanner.failure("`[:` is not supported in a set") }
      if scanner.skip("[") {
        result.insert(try brackets())
      } else {
        try insertMember(into: &result, isFirst: isFirst)
      }
      guard !result.isFull else {
        throw scanner.failure("more than \(CharacterClass.mostRanges) ranges beyond ASCII")
      }
      isFirst = false
    } while !scanner.isAtEnd && !scanner.isAt("]") && !scanner.isAt("&&")
    return result
  }

  /// Adds a character, a range or an escape for a set.
  private mutating func insertMember(
    into set: inout CharacterClass,
    isFirst: Bool
  ) throws(SplitPatternError) {
    // A `-` at the edge of a set stands for itself, an escaped one anywhere.
    let isSign = scanner.isAt("-") && (isFirst || scanner.isAt("-]"))
    guard let next = scanner.next, next != "]", isSign || next != "-" else {
      throw scanner.unexpected()
    }
    let failure = scanner.unexpected()
    let (member, first) = try member()
    guard scanner.isAt("-"), !scanner.isAt("-]") else { return set.insert(member) }
    _ = scanner.take()
    guard let first, !scanner.isAt("["), !scanner.isAt("-"), !scanner.isAt("&&"),
      let last = try self.member().scalar
    else { throw failure }
    guard first <= last else {
      throw scanner.failure("the range `\(first)-\(last)` ends before it begins")
    }
    set.insert(first.value...last.value)
  }

  /// One character, also returned as a scalar, or an escape for a set.
  private mutating func member() throws(SplitPatternError) -> (
    set: CharacterClass, scalar: Unicode.Scalar?
  ) {
    guard scanner.skip("\\") else {
      guard let scalar = scanner.take() else { throw scanner.unexpected() }
      return (CharacterClass(scalar), scalar)
    }
    if scanner.skip("p{") { return (try property(isInverted: scanner.skip("^")), nil) }
    if scanner.skip("P{") { return (try property(isInverted: true), nil) }
    let failure = scanner.unexpected()
    guard let next = scanner.take() else { throw failure }
    switch next {
    case "s": return (CharacterClass(.space), nil)
    case "S": return (CharacterClass(.space).inverted(), nil)
    case "d": return (CharacterClass(.decimalNumbers), nil)
    case "D": return (CharacterClass(.decimalNumbers).inverted(), nil)
    default:
      guard let scalar = try escaped(next) else { throw failure }
      return (CharacterClass(scalar), scalar)
    }
  }

  /// The rest of `\p{…}`.
  private mutating func property(isInverted: Bool) throws(SplitPatternError) -> CharacterClass {
    let failure = scanner.unexpected()
    var name = ""
    while let next = scanner.take(), next != "}" { name.unicodeScalars.append(next) }
    guard let kinds = ScalarKinds.named[name] else { throw failure }
    return isInverted ? CharacterClass(kinds).inverted() : CharacterClass(kinds)
  }

  /// The character that this one stands for after a backslash; nil where it is unknown.
  private mutating func escaped(_ next: Unicode.Scalar) throws(SplitPatternError)
    -> Unicode.Scalar?
  {
    switch next {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "v": return "\u{B}"
    case "f": return "\u{C}"
    case "u": return try scanner.hexadecimal(digits: 4)
    case "x" where scanner.skip("{"):
      let scalar = try scanner.hexadecimal(digits: nil)
      guard scanner.skip("}") else { throw scanner.unexpected() }
      return scalar
    case _ where next.isASCII && ScalarKinds(next).isDisjoint(with: [.letters, .numbers]):
      return next
    default: return nil
    }
  }
}
