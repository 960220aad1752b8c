import BillhookFiles

/// The tokens of a `tokenizer.json` in the order of their ids, one for each row of the embedding.
struct GGUFTokenList {
  let texts: [String]
  let kinds: [GGUFTokenizer.Kind]

  /// Lists the tokens.
  ///
  /// - Parameters:
  ///   - json: The file.
  ///   - algorithm: What it does.
  ///   - count: The number of rows of the embedding; those without a token are called unused, and added
  ///     tokens without a row are left out, as by llama.cpp's converter.
  /// - Throws: `GGUFTokenizer.Misfit` where the file cannot hold them.
  init(_ json: JSON, _ algorithm: GGUFTokenizerAlgorithm, count: Int) throws {
    var texts = [String?](repeating: nil, count: count)
    var kinds = [GGUFTokenizer.Kind](repeating: .unused, count: count)
    func set(_ text: String, _ id: Int?, _ kind: GGUFTokenizer.Kind) throws {
      guard let id, texts.indices.contains(id) else {
        throw GGUFTokenizer.Misfit(
          reason: "the tokenizer has the token \"\(text.shown(atMost: 40))\" with the id "
            + "\(id.map(String.init) ?? "?"), and the embedding \(count) rows"
        )
      }
      texts[id] = text
      kinds[id] = kind
    }
    let isSentencePiece = if case .sentencePiece = algorithm.form { true } else { false }
    for member in json["model"]?["vocab"]?.members ?? [] {
      let isByte = isSentencePiece && Self.byte(member.key) != nil
      let isUnknown = isSentencePiece && member.key == algorithm.unknown
      try set(member.key, member.value.int, isUnknown ? .unknown : isByte ? .byte : .normal)
    }
    for token in json["added_tokens"]?.array ?? [] where !Self.isBeyond(token, rows: count) {
      let isSpecial = token["special"]?.bool == true
      guard let text = token["content"]?.string else { continue }
      if isSentencePiece, text == algorithm.unknown { continue }
      try set(text, token["id"]?.int, isSpecial ? .control : .userDefined)
    }
    if isSentencePiece {
      let bytes = Set(texts.compactMap { $0.flatMap(Self.byte) })
      guard bytes.count == 256 else {
        throw GGUFTokenizer.Misfit(
          reason:
            "the tokenizer has \(bytes.count) of the 256 tokens for bytes, which llama.cpp needs"
        )
      }
    }
    let named = texts.enumerated().map { id, text in text ?? "[PAD\(id)]" }
    guard Set(named.map(Array.init(utf8:))).count == named.count else {
      throw GGUFTokenizer.Misfit(reason: "two tokens of the tokenizer have the same text")
    }
    self.texts = named
    self.kinds = kinds
  }

  /// Whether an added token has an id, and the embedding no row for it: the model has never seen it.
  static func isBeyond(_ token: JSON, rows: Int) -> Bool {
    token["id"]?.int.map { $0 >= rows } ?? false
  }

  /// The byte that a token such as `<0x0A>` stands for.
  static func byte(_ text: String) -> UInt8? {
    guard text.utf8.count == 6, text.hasPrefix("<0x"), text.hasSuffix(">") else { return nil }
    return UInt8(text.dropFirst(3).dropLast(), radix: 16)
  }
}

extension [UInt8] {
  fileprivate init(utf8 text: String) { self = Array(text.utf8) }
}
