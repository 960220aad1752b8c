import BillhookFiles

/// Turns a word into the most likely sequence of pieces, each of which has a score.
///
/// Source: Kudo, Subword Regularization, 2018, arXiv 1804.10959; what the paper leaves open is done
/// as in the `tokenizers` library.
struct UnigramModel: Sendable {
  let vocabulary: Vocabulary
  private let trie: PieceTrie
  private let scores: [Double]
  private let unknown: Int32
  private let unknownScore: Double
  /// The ids of `<0x00>` to `<0xFF>`; nil if they are not used.
  private let fallback: [Int32]?
  private let isByteLevel: Bool

  /// How far below the lowest score of a piece an unknown character scores.
  private static let penalty = 10.0
  /// The most bytes of a piece: at each position of a text that many may have to be compared.
  private static let longest = 1024

  /// Reads a model that sees the characters of a word, or characters that stand for its bytes.
  init(_ field: TokenizerField, isByteLevel: Bool) throws(TokenizerError) {
    try field.allow("type", "unk_id", "vocab", "byte_fallback")
    let pieces = try Self.pieces(field["vocab"])
    guard !field["unk_id"].isAbsent else {
      throw field["unk_id"].unexpected("the id of the piece for unknown characters")
    }
    let id = try field["unk_id"].count()
    guard id < pieces.texts.count, let unknown = Int32(exactly: id) else {
      throw field["unk_id"].failure(
        "found \(id), but the vocabulary has \(pieces.texts.count) pieces"
      )
    }
    self.unknown = unknown
    self.isByteLevel = isByteLevel
    scores = pieces.scores
    unknownScore = (scores.min() ?? 0) - Self.penalty
    vocabulary = try Vocabulary(field["vocab"], pieces: pieces.texts)
    trie = PieceTrie(pieces.texts)
    fallback =
      try field["byte_fallback"].flag(otherwise: false) ? ByteFallback.ids(in: vocabulary) : nil
  }

  /// How many bytes of a long word there are between two calls of `between`.
  private static let bytesAtOnce = 1 << 16

  /// Appends the tokens of a word.
  ///
  /// - Parameters:
  ///   - bytes: The text, of which `range` is the word.
  ///   - range: The range of the word.
  ///   - path: The memory that is reused.
  ///   - ids: The list that the tokens are appended to.
  ///   - between: Called within long words with the number of bytes that are done.
  /// - Throws: What `between` throws, which ends the work.
  func encode<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    using path: inout BestPath,
    into ids: inout [Int],
    between: (_ done: Int) throws(Stop) -> Void
  ) throws(Stop) {
    guard isByteLevel else { return try append(bytes, range, &path, &ids, between) }
    let characters = bytes[range].flatMap { ByteAlphabet.shared.characters[Int($0)] }
    try append(characters, 0..<characters.count, &path, &ids, between)
  }

  private func append<Stop: Error>(
    _ bytes: [UInt8],
    _ range: Range<Int>,
    _ path: inout BestPath,
    _ ids: inout [Int],
    _ between: (_ done: Int) throws(Stop) -> Void
  ) throws(Stop) {
    var told = range.lowerBound
    // The start of a run of unknown characters, which become one token.
    var start: Int?
    try path.forEachPiece(
      of: bytes,
      range,
      trie: trie,
      scores: scores,
      unknown: (unknown, unknownScore)
    ) { (part, piece) throws(Stop) in
      if part.lowerBound - told >= Self.bytesAtOnce {
        told = part.lowerBound
        try between(told - range.lowerBound)
      }
      if piece == unknown {
        if start == nil { start = part.lowerBound }
        return
      }
      if let first = start { appendUnknown(bytes, first..<part.lowerBound, &ids) }
      start = nil
      ids.append(Int(piece))
    }
    if let start { appendUnknown(bytes, start..<range.upperBound, &ids) }
  }

  /// Appends a run of unknown characters, which may be a piece that scored too low to be on the
  /// path.
  private func appendUnknown(_ bytes: [UInt8], _ range: Range<Int>, _ ids: inout [Int]) {
    if let id = vocabulary.id(of: bytes, range) { return ids.append(Int(id)) }
    if let fallback, range.allSatisfy({ fallback[Int(bytes[$0])] >= 0 }) {
      for index in range { ids.append(Int(fallback[Int(bytes[index])])) }
    } else {
      ids.append(Int(unknown))
    }
  }

  /// Reads pairs of a piece and its score.
  private static func pieces(
    _ field: TokenizerField
  ) throws(TokenizerError) -> (texts: [[UInt8]], scores: [Double]) {
    guard let entries = field.value?.array else { throw field.unexpected("an array") }
    guard !entries.isEmpty else { throw field.failure("is empty") }
    var texts: [[UInt8]] = []
    var scores: [Double] = []
    texts.reserveCapacity(entries.count)
    scores.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      let place = { TokenizerField(file: field.file, key: "\(field.key)[\(index)]", value: entry) }
      guard let pair = entry.array, pair.count == 2, let text = pair[0].string,
        case .number(let number) = pair[1]
      else { throw place().failure("expected a piece and its score, as in [\"a\", -1.5]") }
      guard let score = LibraryNumber.double(number.text) else {
        throw place().failure("the score \(number.text) is out of range")
      }
      let bytes = Array(text.utf8)
      guard bytes.count <= longest else {
        throw place().failure("\(bytes.count) bytes, supported: at most \(longest)")
      }
      texts.append(bytes)
      scores.append(score)
    }
    return (texts, scores)
  }
}
