/// A regular expression that finds words, of the kind that tokenizers are made with.
///
/// Alternatives are tried in their order, and each repeat takes what it can and gives back only
/// what the rest needs: as Oniguruma does, which the `tokenizers` library uses.
struct SplitPattern: Sendable {
  enum Part: Sendable {
    /// Characters of one set, at least and at most so many.
    case run(CharacterClass, least: Int, most: Int, givesBack: Bool)
    /// One of some words; each character of a word is a set.
    case choice([[CharacterClass]], isOptional: Bool)
    /// A place that no character of this set follows.
    case notBefore(CharacterClass)
  }

  struct Alternative: Sendable {
    let parts: [Part]
    /// The ASCII characters that a match may begin with.
    let starts: SIMD2<UInt64>

    init(_ parts: [Part]) {
      self.parts = parts
      var starts = SIMD2<UInt64>(repeating: 0)
      search: for part in parts {
        switch part {
        case .run(let set, let least, _, _):
          starts |= set.ascii
          if least > 0 { break search }
        case .choice(let words, let isOptional):
          for word in words { starts |= word.first?.ascii ?? starts }
          if !isOptional { break search }
        case .notBefore: break
        }
      }
      self.starts = starts
    }
  }

  let alternatives: [Alternative]

  /// What `ByteLevel` cuts by.
  static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// What `Digits` cuts by.
  static let digit = #"\p{N}"#

  /// Reads a regular expression.
  init(regex: String) throws(SplitPatternError) {
    var parser = SplitPatternParser(regex)
    alternatives = try parser.alternatives().map(Alternative.init)
  }

  /// Makes a pattern that finds exactly this text.
  init(literal: String) {
    let word = literal.unicodeScalars.map { CharacterClass($0) }
    alternatives = [Alternative([.choice([word], isOptional: false)])]
  }
}
