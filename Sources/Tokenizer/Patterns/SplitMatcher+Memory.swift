/// The steps of a match that use what is remembered of earlier tries.
///
/// For an unbounded repeat, what is remembered is about positions where any number of characters
/// may follow, so that it holds at each of them.
extension SplitMatcher {
  mutating func rememberedSpan(_ part: Repeat, _ position: inout Int) -> Outcome {
    let (start, known) = begin(part, &position)
    guard let start else { return known }
    var count = part.least
    while count < part.most {
      if part.isEndless, memory?.fails(part.memo, position) == true {
        visit(part, start, position)
        return .fails
      }
      guard step(part, &position) else { break }
      count += 1
    }
    visit(part, start, position)
    return .goesOn
  }

  mutating func rememberedRun(_ part: Repeat, _ position: inout Int) -> (Outcome, lowest: Int) {
    let (start, known) = begin(part, &position)
    guard let start else { return (known, position) }
    let lowest = position
    var count = part.least
    while count < part.most {
      if part.isEndless, memory?.fails(part.memo, position) == true {
        // Nothing matches from here on, but something may from the positions before.
        guard position > lowest else { return (.fails, lowest) }
        position = UTF8.start(before: position, in: bytes, from: lowest)
        break
      }
      guard step(part, &position) else { break }
      count += 1
    }
    visit(part, start, position)
    return (.goesOn, lowest)
  }

  mutating func rememberedSplit(_ memo: Int, _ position: Int) -> Outcome {
    if memory?.fails(memo, position) == true { return .fails }
    if memory?.leads(memo, position) == true { return .matches }
    visit(Repeat(set: 0, least: 0, most: 0, memo: memo), position, position)
    return .goesOn
  }

  /// Matches the required characters, and returns the position under which the outcome of the rest
  /// is remembered; nil where the outcome is known already.
  private mutating func begin(_ part: Repeat, _ position: inout Int) -> (Int?, Outcome) {
    let start = position
    if !part.isEndless, memory?.fails(part.memo, start) == true { return (nil, .fails) }
    for _ in 0..<part.least {
      guard step(part, &position) else { return (nil, .fails) }
    }
    let place = part.isEndless ? position : start
    if memory?.leads(part.memo, place) == true { return (nil, .matches) }
    return (place, .goesOn)
  }

  private mutating func step(_ part: Repeat, _ position: inout Int) -> Bool {
    steps &+= 1
    let length = pattern.sets[part.set].match(at: position, in: bytes, before: range.upperBound)
    position += length
    return length > 0
  }

  private mutating func visit(_ part: Repeat, _ start: Int, _ end: Int) {
    memory?.path.append(
      SplitMemory.Visit(
        memo: part.memo,
        start: start,
        end: end,
        exit: end,
        isEndless: part.isEndless
      )
    )
  }
}
