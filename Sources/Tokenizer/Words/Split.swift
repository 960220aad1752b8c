/// Cuts text where a pattern matches.
struct Split: Sendable {
  /// What happens to the matches.
  enum Behavior: String, CaseIterable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  private let pattern: SplitPattern
  private let behavior: Behavior
  /// Whether the text between matches is treated as the matches.
  private let isInverted: Bool

  /// Reads a `Split`.
  init(_ field: TokenizerField) throws(TokenizerError) {
    try field.allow("type", "pattern", "behavior", "invert")
    pattern = try Self.pattern(field["pattern"])
    behavior = try Self.behavior(field["behavior"])
    isInverted = try field["invert"].flag(otherwise: false)
  }

  /// Cuts by the pattern of a pre-tokenizer that has no `pattern` of its own.
  init(_ field: TokenizerField, regex: String, _ behavior: Behavior) throws(TokenizerError) {
    pattern = try Self.pattern(regex, field)
    self.behavior = behavior
    isInverted = false
  }

  /// Reads what happens to the matches.
  static func behavior(
    _ field: TokenizerField,
    otherwise missing: Behavior? = nil
  ) throws(TokenizerError) -> Behavior {
    if field.isAbsent, let missing { return missing }
    guard let behavior = Behavior(rawValue: try field.string()) else {
      let names = Behavior.allCases.map { "\"\($0.rawValue)\"" }
      throw field.unexpected(names.joined(separator: ", "))
    }
    return behavior
  }

  private static func pattern(_ field: TokenizerField) throws(TokenizerError) -> SplitPattern {
    try field.allow("Regex", "String")
    guard field["String"].isAbsent else {
      let text = try field["String"].string()
      guard !text.isEmpty else { throw field["String"].unexpected("some characters") }
      do throws(SplitPatternError) {
        return try SplitPattern(literal: text)
      } catch {
        throw field["String"].failure(error.problem)
      }
    }
    return try pattern(field["Regex"].string(), field["Regex"])
  }

  /// Reads a regular expression.
  static func pattern(
    _ regex: String,
    _ field: TokenizerField
  ) throws(TokenizerError) -> SplitPattern {
    do throws(SplitPatternError) {
      return try SplitPattern(regex: regex)
    } catch {
      throw field.failure("the pattern is not supported: \(error.problem)")
    }
  }

  /// Calls `body` with each word.
  func forEachWord<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ body: (Range<Int>) throws(Stop) -> Void
  ) throws(Stop) {
    // A part that what follows may still be joined to.
    var waiting: Range<Int>?
    var wasMatch = false
    func emit(_ word: Range<Int>) throws(Stop) {
      if !word.isEmpty { try body(word) }
    }
    try pattern.forEachPart(bytes, range) { (part, isFound) throws(Stop) in
      let isMatch = isFound != isInverted
      switch behavior {
      case .isolated: try emit(part)
      case .removed: if !isMatch { try emit(part) }
      case .contiguous, .mergedWithPrevious, .mergedWithNext:
        let joins =
          switch behavior {
          case .contiguous: isMatch == wasMatch
          case .mergedWithPrevious: isMatch && !wasMatch
          default: !isMatch && wasMatch
          }
        if let start = waiting?.lowerBound, joins {
          waiting = start..<part.upperBound
        } else {
          if let waiting { try emit(waiting) }
          waiting = part
        }
        wasMatch = isMatch
      }
    }
    if let waiting { try emit(waiting) }
  }
}
