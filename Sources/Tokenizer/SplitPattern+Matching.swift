extension SplitPattern {
  /// Calls `body` with all of a range in turn: what the pattern matches, and what lies between.
  ///
  /// A match without a character only parts what lies around it.
  ///
  /// - Parameters:
  ///   - bytes: Text in UTF-8.
  ///   - range: The part of it that counts.
  ///   - patience: After how many steps places are remembered; nil for what suits the text.
  ///   - body: Is given each part, and whether it is a match.
  /// - Returns: The steps that it took.
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
    // No empty match stands right after another match.
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

  /// Where the match ends that begins at a place, if one does.
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
