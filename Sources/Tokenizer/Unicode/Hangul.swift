/// Korean syllables, which are composed by arithmetic.
///
/// Source: The Unicode Standard, section 3.12, Conjoining Jamo Behavior.
enum Hangul {
  static let vowels: Range<UInt32> = 0x1161..<0x1176
  static let finals: Range<UInt32> = 0x11A8..<0x11C3
  private static let initials: Range<UInt32> = 0x1100..<0x1113
  private static let syllables: Range<UInt32> = 0xAC00..<0xD7A4
  /// How many syllables share a lead and a vowel: one without a final, and one for each final.
  private static let perVowel = UInt32(finals.count + 1)

  /// Calls `body` with the parts of a syllable; false if the code point is not a syllable.
  static func decompose(_ value: UInt32, _ body: (UInt32) -> Void) -> Bool {
    guard syllables.contains(value) else { return false }
    let index = value - syllables.lowerBound
    let pair = index / perVowel
    body(initials.lowerBound + pair / UInt32(vowels.count))
    body(vowels.lowerBound + pair % UInt32(vowels.count))
    let final = index % perVowel
    if final > 0 { body(finals.lowerBound + final - 1) }
    return true
  }

  /// The syllable that two code points compose to, if they do.
  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if initials.contains(first), vowels.contains(second) {
      let pair =
        (first - initials.lowerBound) * UInt32(vowels.count) + second - vowels.lowerBound
      return syllables.lowerBound + pair * perVowel
    }
    guard syllables.contains(first), finals.contains(second),
      (first - syllables.lowerBound) % perVowel == 0
    else { return nil }
    return first + second - finals.lowerBound + 1
  }
}
