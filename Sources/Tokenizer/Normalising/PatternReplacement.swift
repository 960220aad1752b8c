/// Replaces everything that a pattern matches by one byte string, from left to right.
struct PatternReplacement: Sendable {
  private let pattern: SplitPattern
  private let content: [UInt8]

  /// Reads `pattern` and `content`.
  init(_ field: TokenizerField) throws(TokenizerError) {
    let regex = field["pattern"]["Regex"]
    try field["pattern"].allow("Regex")
    pattern = try Split.pattern(regex.string(), regex)
    guard !pattern.isNullable else {
      throw regex.unexpected("a pattern that matches nothing without a character")
    }
    content = Array(try field["content"].string().utf8)
  }

  /// How many times longer it can make a text: a match has at least one byte.
  var growth: Double { max(1, Double(content.count)) }

  /// Replaces all matches; `start` says how many leading bytes count as the beginning of the text,
  /// and is updated to say this for the result.
  ///
  /// The replacement of several characters counts as coming from the last of them.
  func apply(_ bytes: [UInt8], _ start: inout Int) -> [UInt8] {
    let first = start
    start = 0
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    pattern.forEachPart(bytes, 0..<bytes.count) { part, isMatch in
      if isMatch {
        let last = UTF8.start(before: part.upperBound, in: bytes, from: part.lowerBound)
        if last < first { start += content.count }
        result += content
      } else {
        if part.lowerBound < first { start += min(part.upperBound, first) - part.lowerBound }
        result += bytes[part]
      }
    }
    return result
  }
}
