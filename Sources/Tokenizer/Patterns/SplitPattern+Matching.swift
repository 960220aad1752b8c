extension SplitPattern {
  /// Calls `body` with all parts of a range in turn: the matches of the pattern, and the text
  /// between.
  ///
  /// An empty match only separates the text around it.
  ///
  /// - Parameters:
  ///   - bytes: Text in UTF-8.
  ///   - range: The part of the text to match.
  ///   - patience: After how many steps failures are remembered; nil for a default by the text's
  ///     length.
  ///   - body: Receives each part, and whether it is a match.
  /// - Returns: The number of steps taken.
  /// - Throws: What `body` throws.
  @discardableResult
  func forEachPart<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    patience: Int? = nil,
    _ body: (Range<Int>, _ isMatch: Bool) throws(Stop) -> Void
  ) throws(Stop) -> Int {
    var matcher = SplitMatcher(self, bytes, range, patience: patience)
    var start = range.lowerBound
    var position = start
    // An empty match right after another match does not count.
    var lastEnd = -1
    while position < range.upperBound {
      guard let end = matchEnd(&matcher, position), end > position || end != lastEnd else {
        position += UTF8.length(startingWith: bytes[position])
        continue
      }
      if start < position { try body(start..<position, false) }
      try body(position..<end, true)
      start = end
      position = end
      lastEnd = end
    }
    if start < range.upperBound { try body(start..<range.upperBound, false) }
    return matcher.steps
  }

  /// The end of the match that begins at a position, if there is one.
  @inline(__always)
  private func matchEnd(_ matcher: inout SplitMatcher, _ position: Int) -> Int? {
    let first = matcher.bytes[position]
    for index in alternatives.indices {
      let cannotStart =
        first < 0x80 && alternatives[index].firsts[Int(first >> 6)] >> UInt64(first & 63) & 1 == 0
      if cannotStart { continue }
      if let end = matcher.matchEnd(alternatives[index].start, position) { return end }
    }
    return nil
  }
}
