import BillhookFiles

/// Turns a word into tokens: first into symbols, then by merging neighbours.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  private let merges: MergeTable
  private let spelling: Spelling
  /// The tokens by the text they stand for, when a word that is one is not to be merged.
  private let whole: ByteTable?
  /// The symbol that no merge joins to a different one on its left.
  private let wordStart: Int32?

  /// Reads a model whose symbols are the bytes of a text, or else its scalars.
  init(_ field: TokenizerField, isByteLevel: Bool) throws(TokenizerError) {
    try field.allow(
      "type",
      "dropout",
      "unk_token",
      "continuing_subword_prefix",
      "end_of_word_suffix",
      "fuse_unk",
      "byte_fallback",
      "ignore_merges",
      "vocab",
      "merges"
    )
    if !field["dropout"].isAbsent, field["dropout"].value?.double != 0 {
      throw field["dropout"].unexpected("null or 0")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if !field[name].isAbsent, field[name].value?.string != "" {
        throw field[name].unexpected("null or \"\"")
      }
    }

    vocabulary = try Vocabulary(field["vocab"])
    merges = try MergeTable(field["merges"], vocabulary)
    spelling = try Spelling(field, vocabulary, isByteLevel: isByteLevel)
    let ignoresMerges = try field["ignore_merges"].flag(otherwise: false)
    whole = ignoresMerges ? Self.whole(vocabulary, isByteLevel: isByteLevel) : nil
    wordStart = isByteLevel ? nil : Self.wordStart(field["merges"], vocabulary, spelling)
  }

  /// Appends the tokens of the word that these bytes are.
  func encode(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    using merger: inout WordMerger,
    into ids: inout [Int]
  ) {
    guard !range.isEmpty else { return }
    if let id = whole?.find(bytes, range) { return ids.append(Int(id)) }

    merger.symbols.removeAll(keepingCapacity: true)
    spelling.spell(bytes, range) { symbol in
      if symbol == wordStart, let last = merger.symbols.last, last != symbol {
        finish(&merger, &ids)
      }
      merger.symbols.append(symbol)
    }
    finish(&merger, &ids)
  }

  private func finish(_ merger: inout WordMerger, _ ids: inout [Int]) {
    merger.merge(by: merges)
    for id in merger.symbols { ids.append(Int(id)) }
    merger.symbols.removeAll(keepingCapacity: true)
  }

  private static func whole(_ vocabulary: Vocabulary, isByteLevel: Bool) -> ByteTable {
    var table = ByteTable(minimumCapacity: vocabulary.idCount)
    for id in 0..<vocabulary.idCount where vocabulary.contains(id) {
      let token = Array(vocabulary.bytes(of: id))
      guard let text = isByteLevel ? ByteAlphabet.shared.bytes(of: token) : token else { continue }
      _ = table.insert(text, Int32(truncatingIfNeeded: id))
    }
    return table
  }

  /// Finds out whether a text can be cut before each `▁` that follows something else.
  ///
  /// Without a pre-tokenizer the whole text is one word. Where no merge reaches over that border,
  /// both sides merge as they would have alone: the same tokens, from many short words.
  private static func wordStart(
    _ field: TokenizerField,
    _ vocabulary: Vocabulary,
    _ spelling: Spelling
  ) -> Int32? {
    let mark = Array("▁".utf8)
    guard let id = vocabulary.id(of: mark), let merges = field.value?.array else { return nil }
    if let unknown = spelling.unknown, vocabulary.bytes(of: Int(unknown)).suffix(3) == mark[...] {
      return nil
    }
    for merge in merges {
      guard let (left, right) = MergeTable.pair(merge) else { continue }
      if right.starts(with: mark), left.suffix(3) != mark[...] { return nil }
    }
    return id
  }
}
