/// Reads regular expressions as far as tokenizers need them.
///
/// Supported are characters, `.`, sets with `&&` and nested sets, `\s`, `\S`, `\d`, `\D` and
/// `\p{…}`; groups, which capture nothing; repeats, those of sets possessive or not; `(?=…)`,
/// `(?!…)`, `$`; and `(?i:…)` around letters. Anything else is an error.
struct SplitPatternParser {
  private var scanner: ScalarScanner
  private var depth = 0
  private var ignoresCase = false

  /// The deepest nesting of groups: each costs some levels of recursion.
  private static let deepest = 16
  /// The largest bound of a repeat.
  private static let mostRepeats = 1024

  init(_ regex: String) {
    scanner = ScalarScanner(regex)
  }

  /// The alternatives of the whole expression.
  mutating func alternatives() throws(SplitPatternError) -> [PatternNode] {
    let branches = try self.branches()
    guard scanner.isAtEnd else { throw scanner.unexpected() }
    // A group around all of them changes nothing.
    if branches.count == 1, case .choice(let inner) = branches[0] { return inner }
    return branches
  }

  private mutating func branches() throws(SplitPatternError) -> [PatternNode] {
    var result: [PatternNode] = []
    repeat {
      let start = scanner.position
      var parts: [PatternNode] = []
      while let next = scanner.next, next != "|", next != ")" { parts.append(try part()) }
      if ignoresCase { try scanner.checkCases(from: start) }
      result.append(parts.count == 1 ? parts[0] : .sequence(parts))
    } while scanner.skip("|")
    return result
  }

  private mutating func part() throws(SplitPatternError) -> PatternNode {
    if scanner.skip("(?!") { return .look(try group(), isNegative: true) }
    if scanner.skip("(?=") { return .look(try group(), isNegative: false) }
    if scanner.skip("$") { return .lineEnd }
    let start = scanner.position
    if scanner.skip("(?i:") {
      let before = ignoresCase
      ignoresCase = true
      defer { ignoresCase = before }
      return try repeated(try group(), from: start)
    }
    if scanner.skip("(?:") { return try repeated(try group(), from: start) }
    if scanner.skip("(") { return try repeated(try group(), from: start) }
    var reader = CharacterClassReader(scanner)
    let set = try reader.set()
    scanner = reader.scanner
    return try repeated(.set(ignoresCase ? set.ignoringCase() : set), from: start)
  }

  /// The rest of a group, after its opening bracket.
  private mutating func group() throws(SplitPatternError) -> PatternNode {
    if scanner.isAt("?") { throw scanner.unexpected() }
    guard depth < Self.deepest else { throw scanner.failure("groups nested too deeply") }
    depth += 1
    defer { depth -= 1 }
    let branches = try branches()
    guard scanner.skip(")") else { throw scanner.unexpected() }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  /// The node that was read, with the repeat that follows it.
  private mutating func repeated(
    _ part: PatternNode,
    from start: Int
  ) throws(SplitPatternError) -> PatternNode {
    guard let (least, most) = try bounds() else { return part }
    var isPossessive = false
    if case .set = part { isPossessive = most != least && scanner.skip("+") }
    // After a repeat these characters would make it another kind of repeat.
    if let next = scanner.next, "?+*{".unicodeScalars.contains(next) { throw scanner.unexpected() }
    if most > 1, part.isNullable {
      throw SplitPatternError(at: start, "what is repeated may match nothing")
    }
    return .repeated(part, least: least, most: most, isPossessive: isPossessive)
  }

  /// How often the part before may repeat; nil where no repeat follows.
  private mutating func bounds() throws(SplitPatternError) -> (least: Int, most: Int)? {
    if scanner.skip("?") { return (0, 1) }
    if scanner.skip("*") { return (0, .max) }
    if scanner.skip("+") { return (1, .max) }
    guard scanner.skip("{") else { return nil }
    let least = scanner.isAt(",") ? 0 : try scanner.number()
    var most = least
    if scanner.skip(",") { most = scanner.isAt("}") ? .max : try scanner.number() }
    guard scanner.skip("}") else { throw scanner.unexpected() }
    let highest = most == .max ? least : most
    guard least <= most, most > 0, highest <= Self.mostRepeats else {
      throw scanner.failure("supported: repeats up to \(Self.mostRepeats)")
    }
    // Oniguruma reads a `+` here as a repeat of the repeat, unlike after other repeats.
    if let next = scanner.next, "?+*".unicodeScalars.contains(next) { throw scanner.unexpected() }
    return (least, most)
  }
}
