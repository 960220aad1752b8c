/// A regular expression that finds words, of the kind that tokenizers use.
///
/// Alternatives are tried in their order, and each repeat takes what it can and gives back only
/// what the rest needs: as Oniguruma does, which the `tokenizers` library uses.
struct SplitPattern: Sendable {
  /// One step of a match; the next instruction follows it unless the case says otherwise.
  enum Instruction: Sendable {
    /// One character of a set, given by the index of the set.
    case take(Int)
    /// As many characters of a set as there are, within bounds, without backtracking.
    case span(Int, least: Int, most: Int, memo: Int)
    /// The same with backtracking: it gives back what the rest needs.
    case run(Int, least: Int, most: Int, memo: Int)
    /// Goes on with the next instruction, or if that fails, at this one.
    case split(otherwise: Int, memo: Int)
    case jump(Int)
    /// Goes on at `next` if the instructions up to it match at this position, or if they do not.
    case look(next: Int, isNegative: Bool)
    /// A position before the end of a line, or of the text.
    case lineEnd
    case accept
  }

  /// An alternative of the whole expression.
  struct Alternative: Sendable {
    let start: Int
    /// The ASCII characters that a match may begin with.
    let firsts: SIMD2<UInt64>
  }

  let instructions: [Instruction]
  let sets: [CharacterClass]
  let alternatives: [Alternative]
  /// How many instructions remember where they failed.
  let memoCount: Int
  /// Whether it may match the empty string.
  let isNullable: Bool

  /// The pattern that `ByteLevel` cuts by.
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// The pattern that `Digits` cuts by.
  static let digit = #"\p{N}"#

  /// The pattern that `Punctuation` cuts by: punctuation, and the ASCII characters that are
  /// symbols.
  static let punctuation = #"[\p{P}$+<=>^`|~]"#

  /// The pattern of what `WhitespaceSplit` leaves out.
  static let space = #"\s+"#

  /// Reads a regular expression.
  init(regex: String) throws(SplitPatternError) {
    var parser = SplitPatternParser(regex)
    try self.init(parser.alternatives())
  }

  /// Makes a pattern that finds exactly this text.
  init(literal: String) throws(SplitPatternError) {
    let sets = literal.unicodeScalars.map { PatternNode.set(CharacterClass($0)) }
    try self.init([.sequence(sets)])
  }

  private init(_ nodes: [PatternNode]) throws(SplitPatternError) {
    var compiler = SplitPatternCompiler()
    var alternatives: [Alternative] = []
    for node in nodes {
      let firsts = node.reach(then: .certain).ascii
      alternatives.append(Alternative(start: compiler.instructions.count, firsts: firsts))
      try compiler.append(node, then: .certain)
      try compiler.append(.accept)
    }
    self.alternatives = alternatives
    instructions = compiler.instructions
    sets = compiler.sets
    memoCount = compiler.memoCount
    isNullable = nodes.contains(where: \.isNullable)
  }
}
