extension SplitPattern {
  /// Calls `body` with all of a range in turn: what the pattern matches, and what lies between.
  func forEachPart(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ body: (Range<Int>, _ isMatch: Bool) -> Void
  ) {
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      guard let end = matchEnd(bytes, position, range.upperBound) else {
        position += UTF8.length(startingWith: bytes[position])
        continue
      }
      if start < position { body(start..<position, false) }
      body(position..<end, true)
      start = end
      position = end
    }
    if start < range.upperBound { body(start..<range.upperBound, false) }
  }

  /// Where the match ends that begins at a place, if one does.
  private func matchEnd(_ bytes: [UInt8], _ position: Int, _ end: Int) -> Int? {
    let first = bytes[position]
    for index in alternatives.indices {
      let cannotStart =
        first < 0x80 && alternatives[index].starts[Int(first >> 6)] >> UInt64(first & 63) & 1 == 0
      if cannotStart { continue }
      if let match = matchEnd(alternatives[index].parts, 0, bytes, position, end) { return match }
    }
    return nil
  }

  private func matchEnd(
    _ parts: [Part],
    _ index: Int,
    _ bytes: [UInt8],
    _ start: Int,
    _ end: Int
  ) -> Int? {
    guard index < parts.count else { return start }
    switch parts[index] {
    case .run(let set, let least, let most, let givesBack):
      var count = 0
      var position = start
      while count < most {
        let length = set.match(at: position, in: bytes, before: end)
        if length == 0 { break }
        position += length
        count += 1
      }
      while count >= least {
        if let match = matchEnd(parts, index + 1, bytes, position, end) { return match }
        guard givesBack, count > 0 else { return nil }
        position = UTF8.start(before: position, in: bytes, from: start)
        count -= 1
      }
      return nil
    case .choice(let words, let isOptional):
      for word in words {
        guard let position = Self.end(of: word, bytes, start, end) else { continue }
        if let match = matchEnd(parts, index + 1, bytes, position, end) { return match }
      }
      return isOptional ? matchEnd(parts, index + 1, bytes, start, end) : nil
    case .notBefore(let set):
      guard set.match(at: start, in: bytes, before: end) == 0 else { return nil }
      return matchEnd(parts, index + 1, bytes, start, end)
    }
  }

  private static func end(
    of word: [CharacterClass],
    _ bytes: [UInt8],
    _ start: Int,
    _ end: Int
  ) -> Int? {
    var position = start
    for set in word {
      let length = set.match(at: position, in: bytes, before: end)
      if length == 0 { return nil }
      position += length
    }
    return position
  }
}
