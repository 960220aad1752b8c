/// Compiles a regular expression into instructions.
struct SplitPatternCompiler {
  private(set) var instructions: [SplitPattern.Instruction] = []
  private(set) var sets: [CharacterClass] = []
  private(set) var memoCount = 0

  /// The most instructions, repeats of groups written out; no tokenizer comes near it.
  private static let mostInstructions = 4096

  mutating func append(_ instruction: SplitPattern.Instruction) throws(SplitPatternError) {
    guard instructions.count < Self.mostInstructions else {
      throw SplitPatternError("more than \(Self.mostInstructions) parts, with repeats written out")
    }
    instructions.append(instruction)
  }

  /// Appends the instructions for a part of the expression.
  ///
  /// - Parameters:
  ///   - node: The part.
  ///   - follow: What may come next after the part.
  /// - Throws: `SplitPatternError` when there are too many instructions.
  mutating func append(
    _ node: PatternNode,
    then follow: PatternReach
  ) throws(SplitPatternError) {
    switch node {
    case .set(let set): try append(.take(number(of: set)))
    case .sequence(let parts):
      var follows = [follow]
      for part in parts.dropFirst().reversed() {
        follows.append(part.reach(then: follows[follows.count - 1]))
      }
      for (part, follow) in zip(parts, follows.reversed()) { try append(part, then: follow) }
    case .choice(let branches): try append(branches[...], then: follow)
    case .repeated(.set(let set), let least, let most, let isPossessive):
      // Backtracking into a run is useless where the rest matches anyway, or cannot begin with such
      // a character; then the run is never tried again.
      let keepsAll =
        isPossessive || least == most || follow.isCertain || set.reach.isDisjoint(with: follow)
      let (number, memo) = (number(of: set), nextMemo())
      try append(
        keepsAll
          ? .span(number, least: least, most: most, memo: memo)
          : .run(number, least: least, most: most, memo: memo)
      )
    case .repeated(let part, let least, let most, _):
      try append(part, least: least, most: most, then: follow)
    case .look(let part, let isNegative):
      let place = instructions.count
      try append(.accept)
      try append(part, then: .certain)
      try append(.accept)
      instructions[place] = .look(next: instructions.count, isNegative: isNegative)
    case .lineEnd: try append(.lineEnd)
    }
  }

  private mutating func append(
    _ branches: ArraySlice<PatternNode>,
    then follow: PatternReach
  ) throws(SplitPatternError) {
    var exits: [Int] = []
    for (index, branch) in branches.enumerated() {
      let place = instructions.count
      let isLast = index + 1 == branches.count
      if !isLast { try append(.accept) }
      try append(branch, then: follow)
      guard !isLast else { break }
      exits.append(instructions.count)
      try append(.accept)
      instructions[place] = .split(otherwise: instructions.count, memo: nextMemo())
    }
    for place in exits { instructions[place] = .jump(instructions.count) }
  }

  /// Appends the repeat of a group, which is written out as often as its bounds say.
  private mutating func append(
    _ part: PatternNode,
    least: Int,
    most: Int,
    then follow: PatternReach
  ) throws(SplitPatternError) {
    let again = part.reach(then: .anything)
    let isEndless = most == .max
    for index in 0..<least {
      let mayLeave = index + 1 == least && most > least
      let mustLeave = index + 1 == most
      try append(part, then: mustLeave ? follow : mayLeave ? again.union(follow) : again)
    }
    var splits: [Int] = []
    for index in least..<(isEndless ? least + 1 : most) {
      splits.append(instructions.count)
      try append(.accept)
      let mustLeave = index + 1 == most
      try append(part, then: mustLeave ? follow : again.union(follow))
    }
    if isEndless, let start = splits.first { try append(.jump(start)) }
    for place in splits {
      instructions[place] = .split(otherwise: instructions.count, memo: nextMemo())
    }
  }

  private mutating func number(of set: CharacterClass) -> Int {
    sets.append(set)
    return sets.count - 1
  }

  private mutating func nextMemo() -> Int {
    memoCount += 1
    return memoCount - 1
  }
}
