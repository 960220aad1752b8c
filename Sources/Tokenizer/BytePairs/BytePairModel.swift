import BillhookFiles

/// Turns a word into tokens: splits it into symbols, then merges neighbours.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  private let merges: MergeTable
  private let spelling: Spelling
  /// The tokens by their text, when a word that is a token is taken whole and not merged.
  private let whole: ByteTable?
  /// The symbol that no merge joins to a different symbol on its left.
  private let wordStart: Int32?

  /// How many symbols of a long word there are between two calls of `between`.
  private static let symbolsAtOnce = 1 << 16

  /// Reads a model whose symbols are either the bytes or the scalars of a text.
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

  /// Appends the tokens of a word.
  ///
  /// - Parameters:
  ///   - bytes: The text, of which `range` is the word.
  ///   - range: The range of the word.
  ///   - merger: The memory that is reused.
  ///   - ids: The list that the tokens are appended to.
  ///   - between: Called within long words with the number of symbols that are done.
  /// - Throws: What `between` throws, which ends the work.
  func encode<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    using merger: inout WordMerger,
    into ids: inout [Int],
    between: (_ done: Int) throws(Stop) -> Void
  ) throws(Stop) {
    guard !range.isEmpty else { return }
    if let id = whole?.find(bytes, range) { return ids.append(Int(id)) }

    merger.symbols.removeAll(keepingCapacity: true)
    var done = 0
    var told = 0
    try spelling.spell(bytes, range) { (symbol) throws(Stop) in
      if symbol == wordStart, let last = merger.symbols.last, last != symbol {
        done += merger.symbols.count
        try finish(&merger, &ids) { () throws(Stop) in try between(done) }
        if done - told >= Self.symbolsAtOnce {
          told = done
          try between(done)
        }
      }
      merger.symbols.append(symbol)
    }
    try finish(&merger, &ids) { () throws(Stop) in try between(done) }
  }

  private func finish<Stop: Error>(
    _ merger: inout WordMerger,
    _ ids: inout [Int],
    _ between: () throws(Stop) -> Void
  ) throws(Stop) {
    try merger.merge(by: merges, between: between)
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
  /// Without a pre-tokenizer the whole text is one word. Where no merge crosses that border, both
  /// sides merge as they would alone: the same tokens, from many short words.
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
