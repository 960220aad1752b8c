/// Replaces each space by a mark, as SentencePiece does, and cuts words before marks.
struct Metaspace: Sendable {
  /// Which pieces of a text get a mark at their start if they have none.
  enum Prefix: String, Sendable {
    /// The piece that begins the text.
    case first
    /// Each piece between two added tokens.
    case always
    /// None.
    case never
  }

  private let mark: [UInt8]
  private let prefix: Prefix
  private let splits: Bool

  /// Reads the pre-tokenizer or the decoder of this name, which have the same members.
  init(_ field: TokenizerField) throws(TokenizerError) {
    try field.allow(
      "type",
      "replacement",
      "add_prefix_space",
      "prepend_scheme",
      "split",
      "str_rep"
    )
    mark = Array(String(Character(try field["replacement"].scalar())).utf8)
    splits = try field["split"].flag(otherwise: true)

    let scheme = field["prepend_scheme"]
    let stated: Prefix? = scheme.isAbsent ? nil : Prefix(rawValue: try scheme.string())
    if !scheme.isAbsent, stated == nil {
      throw scheme.unexpected("\"first\", \"always\", \"never\"")
    }
    // Older files have a flag instead of the scheme; some have both.
    if try field["add_prefix_space"].flag(otherwise: true) {
      prefix = stated ?? .always
    } else {
      guard stated != .first, stated != .always else {
        throw field["add_prefix_space"].failure("false does not go with this `prepend_scheme`")
      }
      prefix = .never
    }
  }

  func forEachWord<Stop: Error>(
    of piece: Piece,
    _ body: (Piece) throws(Stop) -> Void
  ) throws(Stop) {
    var bytes = Replacement(pattern: [0x20], content: mark).apply(piece.bytes[piece.range])
    let mayGetMark = prefix == .always || (prefix == .first && piece.isFirst)
    if mayGetMark, !bytes.starts(with: mark) { bytes.insert(contentsOf: mark, at: 0) }

    let marked = piece.replaced(by: bytes)
    guard splits, let first = mark.first else { return try body(marked) }
    var start = 0
    var position = 0
    while position < bytes.count {
      if bytes[position] == first, bytes[position...].starts(with: mark) {
        if start < position { try body(marked.part(start..<position)) }
        start = position
        position += mark.count
      } else {
        position += 1
      }
    }
    try body(marked.part(start..<bytes.count))
  }

  /// Turns the marks of one token back into spaces.
  ///
  /// The first token of a text loses its marks, because encoding added them.
  func decode(_ token: [UInt8], isFirst: Bool) -> [UInt8] {
    let drops = isFirst && prefix != .never
    return Replacement(pattern: mark, content: drops ? [] : [0x20]).apply(token[...])
  }
}
