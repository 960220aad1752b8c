import BillhookFiles

/// The model that turns a word into tokens.
enum TokenizerModel: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)

  /// Working memory that is reused from word to word.
  struct Memory {
    fileprivate var merger = WordMerger()
    fileprivate var path = BestPath()
  }

  /// Reads a model that sees either the bytes or the characters of a word.
  init(_ field: TokenizerField, isByteLevel: Bool) throws(TokenizerError) {
    switch try Self.type(field) {
    case "BPE": self = .bytePair(try BytePairModel(field, isByteLevel: isByteLevel))
    case "Unigram": self = .unigram(try UnigramModel(field, isByteLevel: isByteLevel))
    default: throw field["type"].unexpected("\"BPE\", \"Unigram\"")
    }
  }

  /// The type of the model; files from before there were several do not name it, but their members
  /// show it.
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

  /// Appends the tokens of a word.
  ///
  /// - Parameters:
  ///   - bytes: The text, of which `range` is the word.
  ///   - range: The range of the word.
  ///   - memory: The memory that is reused.
  ///   - ids: The list that the tokens are appended to.
  ///   - between: Called within long words with roughly the number of bytes that are done.
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
