/// Reads regular expressions as far as tokenizers need them.
///
/// Known are characters, sets, `\s`, `\S`, `\d` and `\p{…}`, each with a repeat; `(?!…)` around one
/// set; and `(?i:…)` or `(?:…)` around words. Anything else is an error.
struct SplitPatternParser {
  private var scanner: ScalarScanner
  private var partCount = 0

  /// More than that no tokenizer has, and each costs a level of recursion.
  private static let mostParts = 512

  init(_ regex: String) {
    scanner = ScalarScanner(regex)
  }

  mutating func alternatives() throws(SplitPatternError) -> [[SplitPattern.Part]] {
    var result: [[SplitPattern.Part]] = []
    repeat {
      let start = scanner.position
      let parts = try alternative()
      try checkWork(parts, start)
      result.append(parts)
    } while scanner.skip("|")
    guard scanner.isAtEnd else { throw scanner.unexpected() }
    return result
  }

  private mutating func alternative() throws(SplitPatternError) -> [SplitPattern.Part] {
    var parts: [SplitPattern.Part] = []
    while let next = scanner.next, next != "|" {
      parts.append(try part())
      partCount += 1
      guard partCount <= Self.mostParts else {
        throw scanner.failure("more than \(Self.mostParts) parts")
      }
    }
    return parts
  }

  private mutating func part() throws(SplitPatternError) -> SplitPattern.Part {
    if scanner.skip("(?!") {
      var reader = CharacterClassReader(scanner)
      let set = try reader.set()
      scanner = reader.scanner
      guard scanner.skip(")") else { throw scanner.unexpected() }
      return .notBefore(set)
    }
    if scanner.skip("(?i:") { return try choice(ignoringCase: true) }
    if scanner.skip("(?:") { return try choice(ignoringCase: false) }

    var reader = CharacterClassReader(scanner)
    let set = try reader.set()
    scanner = reader.scanner
    let (least, most) = try bounds()
    let isPossessive = most != least && scanner.skip("+")
    return .run(set, least: least, most: most, givesBack: !isPossessive)
  }

  /// How often the set before may stand.
  private mutating func bounds() throws(SplitPatternError) -> (Int, Int) {
    if scanner.skip("?") { return (0, 1) }
    if scanner.skip("*") { return (0, .max) }
    if scanner.skip("+") { return (1, .max) }
    guard scanner.skip("{") else { return (1, 1) }
    let least = try scanner.number()
    let most = scanner.skip(",") ? try scanner.number() : least
    guard scanner.skip("}"), (1...64).contains(least), (least...64).contains(most) else {
      throw scanner.failure("supported: repeats from 1 to 64")
    }
    // Oniguruma reads a sign behind this as another repeat.
    if let next = scanner.next, "?+*".unicodeScalars.contains(next) { throw scanner.unexpected() }
    return (least, most)
  }

  private mutating func choice(ignoringCase: Bool) throws(SplitPatternError) -> SplitPattern.Part {
    var words: [[CharacterClass]] = []
    repeat {
      let start = scanner.position
      var word: [CharacterClass] = []
      while let next = scanner.next, next != "|", next != ")" {
        var reader = CharacterClassReader(scanner)
        let set = try reader.set()
        scanner = reader.scanner
        word.append(ignoringCase ? set.ignoringCase() : set)
      }
      guard !word.isEmpty else { throw scanner.unexpected() }
      if ignoringCase { try scanner.checkCases(from: start) }
      partCount += word.count
      words.append(word)
    } while scanner.skip("|")
    guard scanner.skip(")") else { throw scanner.unexpected() }
    return .choice(words, isOptional: scanner.skip("?"))
  }

  /// Refuses what matches nothing, and what would try a place in very many ways.
  private func checkWork(_ parts: [SplitPattern.Part], _ start: Int) throws(SplitPatternError) {
    var (least, repeats, options) = (0, 0, 0)
    for part in parts {
      switch part {
      case .run(_, let fewest, let most, _):
        least += fewest
        if most - fewest > 1 { repeats += 1 } else if most > fewest { options += 1 }
      case .choice(let words, let isOptional):
        if !isOptional { least += words.map(\.count).min() ?? 0 }
        options += 2
      case .notBefore: break
      }
    }
    guard least > 0 else {
      throw SplitPatternError(at: start, "this alternative may match nothing")
    }
    guard repeats <= 2, options <= 4 else {
      throw SplitPatternError(at: start, "too many repeats in this alternative")
    }
  }
}
