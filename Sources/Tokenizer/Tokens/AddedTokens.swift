/// The added tokens of a file, and the search for them in a text.
struct AddedTokens: Sendable {
  private var tokens: [Int: AddedToken] = [:]
  private var ids = ByteTable(minimumCapacity: 0)
  /// Tokens searched for in the text as it is.
  private var plain = TokenTrie()
  /// Tokens searched for after normalization.
  private var normalized = TokenTrie()
  private var normalizedTexts: [Int: [UInt8]] = [:]

  /// How many ids there are, including those of the model.
  private(set) var idCount: Int

  init(
    _ field: TokenizerField,
    _ vocabulary: Vocabulary,
    _ normalizer: Normalizer
  ) throws(TokenizerError) {
    idCount = vocabulary.idCount
    guard !field.isAbsent else { return }

    var list: [AddedToken] = []
    let hasGaps = vocabulary.hasGaps
    for element in try field.elements() {
      let token = try AddedToken(element)
      // A token of the model keeps its id, any other gets the next one; that is what the library
      // does, whatever the file says.
      let known = vocabulary.id(of: token.content).map(Int.init)
      guard known != nil || !hasGaps else {
        throw element["id"].failure(
          "found \(token.id); the vocabulary skips ids, so the library would give a token beyond "
            + "it another id"
        )
      }
      let id = known ?? idCount
      guard token.id == id else { throw element["id"].failure("found \(token.id), expected \(id)") }
      guard id < Int32.max, ids.insert(token.content, Int32(truncatingIfNeeded: id)) else {
        throw element["content"].failure("this token occurs twice")
      }
      if id == idCount { idCount += 1 }
      tokens[id] = token
      list.append(token)
    }

    // Of two tokens with the same normalized text the special one is found.
    for token in list.filter(\.isSpecial) + list.filter({ !$0.isSpecial }) {
      if token.isNormalized {
        let piece = Piece(bytes: token.content, range: 0..<token.content.count, isFirst: true)
        let found = normalizer.apply(piece)
        let text = Array(found.bytes[found.range])
        normalized.insert(text, token.id)
        normalizedTexts[token.id] = text
      } else {
        plain.insert(token.content, token.id)
      }
    }
  }

  func id(of content: [UInt8]) -> Int? {
    ids.find(content).map(Int.init)
  }

  subscript(id: Int) -> AddedToken? { tokens[id] }

  /// The text that the decoder gets for an added token: the one that was searched for.
  func text(of id: Int) -> [UInt8]? {
    normalizedTexts[id] ?? tokens[id]?.content
  }

  /// Calls `body` with the parts of the text in turn: added tokens with their ids, and the text
  /// between them.
  func split<Stop: Error>(
    _ piece: Piece,
    normalized: Bool,
    _ body: (Piece, Int?) throws(Stop) -> Void
  ) throws(Stop) {
    let trie = normalized ? self.normalized : plain
    guard !trie.isEmpty else { return try body(piece, nil) }

    let range = piece.range
    var textStart = range.lowerBound
    var position = range.lowerBound
    while let match = trie.firstMatch(in: piece.bytes, position..<range.upperBound) {
      position = match.range.upperBound
      guard let token = tokens[match.id] else { continue }
      let border = SpaceBorder(bytes: piece.bytes, range: range)
      if token.isWholeWord, border.touchesWord(match.range) { continue }

      var start = match.range.lowerBound
      var end = match.range.upperBound
      // Space that the previous token took is neither taken nor scanned again.
      if token.stripsLeft {
        let free = SpaceBorder(bytes: piece.bytes, range: textStart..<range.upperBound)
        start = max(free.spaceStart(before: start), textStart)
      }
      if token.stripsRight { end = border.spaceEnd(after: max(end, textStart)) }
      if textStart < start { try body(piece.part(textStart..<start), nil) }
      // A token of spaces is empty when the previous token has taken them all.
      if start < end { try body(piece, token.id) }
      textStart = end
    }
    if textStart < range.upperBound {
      try body(piece.part(textStart..<range.upperBound), nil)
    }
  }
}
