import BillhookFiles

/// What turns a word into tokens.
enum TokenizerModel: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)

  /// What words are worked on in, one after the other.
  struct Memory {
    fileprivate var merger = WordMerger()
    fileprivate var path = BestPath()
  }

  /// Reads a model that sees the bytes of a word, or else its characters.
  init(_ field: TokenizerField, isByteLevel: Bool) throws(TokenizerError) {
    switch try Self.type(field) {
    case "BPE": self = .bytePair(try BytePairModel(field, isByteLevel: isByteLevel))
    case "Unigram": self = .unigram(try UnigramModel(field, isByteLevel: isByteLevel))
    default: throw field["type"].unexpected("\"BPE\", \"Unigram\"")
    }
  }

  /// Files from before there were several models say nothing; their members tell.
  private static func type(_ field: TokenizerField) throws(TokenizerError) -> String {
    guard field["type"].isAbsent else { return try field["type"].string() }
    if !field["merges"].isAbsent { return "BPE" }
    return field["vocab"].value?.array != nil ? "Unigram" : try field["type"].string()
  }

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    }
  }

  /// Appends the tokens of the word that these bytes are.
  ///
  /// - Parameters:
  ///   - bytes: The text, of which `range` is the word.
  ///   - range: Where the word stands.
  ///   - memory: What is used again.
  ///   - ids: Where the tokens go.
  ///   - between: Called within long words with about the number of bytes that are done.
  /// - Throws: What `between` throws, which ends the work.
  func encode<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    using memory: inout Memory,
    into ids: inout [Int],
    between: (_ done: Int) throws(Stop) -> Void
  ) throws(Stop) {
    switch self {
    case .bytePair(let model):
      try model.encode(bytes, range, using: &memory.merger, into: &ids, between: between)
    case .unigram(let model):
      try model.encode(bytes, range, using: &memory.path, into: &ids, between: between)
    }
  }
}
