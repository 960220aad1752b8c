/// Runs the instructions of a pattern on a text.
///
/// Alternatives that are left to try wait on a stack. A pattern can be made to try the same
/// positions again and again: after more steps than the patterns of tokenizers take, the matcher
/// remembers what failed, and from then on the work is linear in the text.
struct SplitMatcher {
  let pattern: SplitPattern
  let bytes: [UInt8]
  let range: Range<Int>
  var memory: SplitMemory?
  /// The number of characters and alternatives tried: the work, which tests compare with the text's
  /// length.
  var steps = 0

  private var alternatives: [Alternative] = []
  /// How many steps are taken before anything is remembered.
  private let patience: Int

  enum Outcome {
    case goesOn
    case fails
    /// The rest is known to match.
    case matches
  }

  /// A set of characters, and how often it may repeat.
  struct Repeat {
    let set: Int
    let least: Int
    let most: Int
    let memo: Int

    var isEndless: Bool { most == .max }
  }

  /// An alternative left to try: to go on with an instruction at the highest position, down to the
  /// lowest.
  private struct Alternative {
    let instruction: Int
    let lowest: Int
    var highest: Int
    /// The length of the path when the alternative was saved.
    let path: Int
  }

  init(_ pattern: SplitPattern, _ bytes: [UInt8], _ range: Range<Int>, patience: Int? = nil) {
    self.pattern = pattern
    self.bytes = bytes
    self.range = range
    self.patience = patience ?? (4096 + 16 * range.count)
  }

  /// The end of the match of the instructions from `start` on that begins at a position, if there
  /// is one.
  ///
  /// For a lookahead it matters only whether there is a match.
  mutating func matchEnd(_ start: Int, _ place: Int, isAhead: Bool = false) -> Int? {
    if steps > patience { remember() }
    let (bottom, root) = (alternatives.count, memory?.path.count ?? 0)
    var instruction = start
    var position = place
    while true {
      let outcome: Outcome
      let current = instruction
      instruction += 1
      switch pattern.instructions[current] {
      case .take(let set):
        let length = pattern.sets[set].match(at: position, in: bytes, before: range.upperBound)
        outcome = length > 0 ? .goesOn : .fails
        position += length
      case .span(let set, let least, let most, let memo):
        let part = Repeat(set: set, least: least, most: most, memo: memo)
        outcome = memory == nil ? span(part, &position) : rememberedSpan(part, &position)
      case .run(let set, let least, let most, let memo):
        let part = Repeat(set: set, least: least, most: most, memo: memo)
        let lowest: Int
        (outcome, lowest) = memory == nil ? run(part, &position) : rememberedRun(part, &position)
        if outcome == .goesOn, position > lowest {
          push(instruction, lowest, UTF8.start(before: position, in: bytes, from: lowest))
        }
      case .split(let otherwise, let memo):
        outcome = memory == nil ? .goesOn : rememberedSplit(memo, position)
        if outcome == .goesOn { push(otherwise, position, position) }
      case .jump(let next):
        instruction = next
        outcome = .goesOn
      case .look(let next, let isNegative):
        let isThere = matchEnd(instruction, position, isAhead: true) != nil
        instruction = next
        outcome = isThere != isNegative ? .goesOn : .fails
      case .lineEnd:
        let isThere = position == range.upperBound || bytes[position] == 0x0A
        outcome = isThere ? .goesOn : .fails
      case .accept: outcome = .matches
      }
      switch outcome {
      case .goesOn: break
      case .matches:
        if alternatives.count > bottom { alternatives.removeSubrange(bottom...) }
        if isAhead { memory?.lead(from: root) } else { memory?.path.removeSubrange(root...) }
        return position
      case .fails:
        guard alternatives.count > bottom else {
          memory?.fail(from: root)
          return nil
        }
        takeNextWay(&instruction, &position)
      }
    }
  }

  @inline(__always)
  private mutating func span(_ part: Repeat, _ position: inout Int) -> Outcome {
    run(part, &position).outcome
  }

  /// Consumes all characters of a set; those up to the lowest position are required.
  @inline(__always)
  private mutating func run(_ part: Repeat, _ position: inout Int) -> (
    outcome: Outcome, lowest: Int
  ) {
    let start = position
    let end = range.upperBound
    for _ in 0..<part.least {
      let length = pattern.sets[part.set].match(at: position, in: bytes, before: end)
      guard length > 0 else { return (.fails, start) }
      position += length
    }
    let (lowest, most) = (position, part.most - part.least)
    position = pattern.sets[part.set].end(from: lowest, in: bytes, before: end, most: most)
    steps &+= position - start
    return (.goesOn, lowest)
  }

  private mutating func push(_ instruction: Int, _ lowest: Int, _ highest: Int) {
    steps &+= 1
    let path = memory?.path.count ?? 0
    alternatives.append(
      Alternative(instruction: instruction, lowest: lowest, highest: highest, path: path)
    )
  }

  /// Backtracks to the last position with an alternative left to try.
  private mutating func takeNextWay(_ instruction: inout Int, _ position: inout Int) {
    steps &+= 1
    if steps > patience { remember() }
    let last = alternatives.count - 1
    let alternative = alternatives[last]
    instruction = alternative.instruction
    position = alternative.highest
    if alternative.highest > alternative.lowest {
      alternatives[last].highest = UTF8.start(
        before: alternative.highest,
        in: bytes,
        from: alternative.lowest
      )
    } else {
      alternatives.removeLast()
    }
    memory?.goBack(to: alternative.path, exit: alternative.highest)
  }

  private mutating func remember() {
    if memory == nil { memory = SplitMemory(range, memoCount: pattern.memoCount) }
  }
}
