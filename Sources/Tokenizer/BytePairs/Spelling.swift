/// Turns the text of a word into the symbols that merging starts from.
struct Spelling: Sendable {
  /// The symbol for a character that has no other.
  let unknown: Int32?

  private let vocabulary: Vocabulary
  private let fusesUnknown: Bool
  private let isByteLevel: Bool
  /// The symbol of each byte, or of each ASCII character; -1 where there is none.
  private let symbols: [Int32]
  /// The symbols `<0x00>` to `<0xFF>`, -1 where there is none; nil if they are not used.
  private let fallback: [Int32]?

  init(
    _ field: TokenizerField,
    _ vocabulary: Vocabulary,
    isByteLevel: Bool
  ) throws(TokenizerError) {
    self.vocabulary = vocabulary
    self.isByteLevel = isByteLevel
    symbols = (UInt8.min...UInt8.max).map { byte in
      // A byte from 0x80 on is not a character by itself, so no text ever asks for it.
      let name = isByteLevel ? ByteAlphabet.shared.characters[Int(byte)] : [byte]
      return vocabulary.id(of: name) ?? -1
    }
    fusesUnknown = try field["fuse_unk"].flag(otherwise: false)
    fallback =
      try field["byte_fallback"].flag(otherwise: false) ? ByteFallback.ids(in: vocabulary) : nil

    if field["unk_token"].isAbsent {
      unknown = nil
    } else {
      let name = try field["unk_token"].string()
      unknown = vocabulary.id(of: Array(name.utf8))
      if unknown == nil, !(isByteLevel && !symbols.contains(-1)) {
        throw field["unk_token"].failure("`\(name)` is not in the vocabulary")
      }
    }
  }

  /// Calls `body` with the symbols of a word, from left to right.
  func spell<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ body: (Int32) throws(Stop) -> Void
  ) throws(Stop) {
    var waiting = false
    var position = range.lowerBound
    while position < range.upperBound {
      let byte = bytes[position]
      let length =
        isByteLevel ? 1 : min(UTF8.length(startingWith: byte), range.upperBound - position)
      let character = position..<(position + length)
      position += length

      let known = isByteLevel || length == 1 ? symbols[Int(byte)] : id(bytes, character)
      if known >= 0 {
        if waiting, let unknown { try body(unknown) }
        waiting = false
        try body(known)
      } else if isByteLevel {
        let name = ByteAlphabet.shared.characters[Int(byte)]
        try spellUnknown(name, 0..<name.count, &waiting, body)
      } else {
        try spellUnknown(bytes, character, &waiting, body)
      }
    }
    if waiting, let unknown { try body(unknown) }
  }

  private func id(_ bytes: [UInt8], _ character: Range<Int>) -> Int32 {
    vocabulary.id(of: bytes, character) ?? -1
  }

  /// Spells a character without a symbol of its own by its bytes, or else as unknown.
  ///
  /// The unknown symbol is written only before the next known character, so byte symbols come out
  /// before it. That is odd, but it is what the library does.
  private func spellUnknown<Stop: Error>(
    _ bytes: [UInt8],
    _ character: Range<Int>,
    _ waiting: inout Bool,
    _ body: (Int32) throws(Stop) -> Void
  ) throws(Stop) {
    if let fallback, character.allSatisfy({ fallback[Int(bytes[$0])] >= 0 }) {
      for index in character { try body(fallback[Int(bytes[index])]) }
      return
    }
    guard let unknown else { return }
    if waiting, !fusesUnknown { try body(unknown) }
    waiting = true
  }
}
