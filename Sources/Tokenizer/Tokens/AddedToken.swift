/// A token that is found in the text itself, before the model sees any of it.
struct AddedToken: Sendable {
  let id: Int
  let content: [UInt8]
  /// Whether it can be left out of decoded text.
  let isSpecial: Bool
  /// Whether it is looked for in normalized text.
  let isNormalized: Bool
  /// Whether it must not touch a word character.
  let isWholeWord: Bool
  /// Whether space on its left belongs to it.
  let stripsLeft: Bool
  /// Whether space on its right belongs to it.
  let stripsRight: Bool

  /// The most bytes of a token: at each position of a text that many may have to be compared.
  private static let longest = 1024

  init(_ field: TokenizerField) throws(TokenizerError) {
    try field.allow("id", "content", "special", "normalized", "single_word", "lstrip", "rstrip")
    id = try field["id"].count()
    content = Array(try field["content"].string().utf8)
    isSpecial = try field["special"].flag(otherwise: false)
    isNormalized = try field["normalized"].flag(otherwise: true)
    isWholeWord = try field["single_word"].flag(otherwise: false)
    stripsLeft = try field["lstrip"].flag(otherwise: false)
    stripsRight = try field["rstrip"].flag(otherwise: false)
    guard (1...Self.longest).contains(content.count) else {
      throw field["content"].failure("\(content.count) bytes, supported: 1 to \(Self.longest)")
    }
  }
}
