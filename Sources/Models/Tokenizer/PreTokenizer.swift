/// How text is cut into the words that the model sees one by one.
struct PreTokenizer: Sendable {
  private enum Step: Sendable {
    case prefixSpace
    case split(Split)
    case metaspace(Metaspace)
  }

  private var steps: [Step] = []

  /// Each step cuts what the one before left, in a call inside its call.
  private static let mostSteps = 16

  /// Whether the model works on the bytes of a word and not on its characters.
  private(set) var isByteLevel = false

  init(_ field: TokenizerField) throws(TokenizerError) {
    if !field.isAbsent { try append(field) }
  }

  private mutating func append(_ field: TokenizerField) throws(TokenizerError) {
    // Behind it words are no longer text, so nothing else could cut them as it is meant to.
    guard !isByteLevel else { throw field.failure("nothing may follow ByteLevel") }
    guard steps.count < Self.mostSteps else {
      throw field.failure("found more steps than \(Self.mostSteps)")
    }
    switch try field["type"].string() {
    case "Sequence":
      try field.allow("type", "pretokenizers")
      for part in try field["pretokenizers"].elements(atMost: Self.mostSteps) { try append(part) }
    case "ByteLevel":
      try field.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
      if try field["add_prefix_space"].flag() { steps.append(.prefixSpace) }
      if try field["use_regex"].flag(otherwise: true) {
        steps.append(.split(try Split(field, regex: SplitPattern.gpt2, .isolated)))
      }
      isByteLevel = true
    case "Metaspace":
      steps.append(.metaspace(try Metaspace(field)))
    case "Split":
      steps.append(.split(try Split(field)))
    case "Digits":
      try field.allow("type", "individual_digits")
      let cutsEach = try field["individual_digits"].flag(otherwise: false)
      steps.append(
        .split(try Split(field, regex: SplitPattern.digit, cutsEach ? .isolated : .contiguous))
      )
    default:
      throw field["type"].unexpected(
        "\"ByteLevel\", \"Metaspace\", \"Split\", \"Digits\", \"Sequence\""
      )
    }
  }

  /// Calls `body` with each word.
  func forEachWord(of piece: Piece, _ body: ([UInt8], Range<Int>) -> Void) {
    forEachWord(of: piece, from: 0, body)
  }

  private func forEachWord(
    of piece: Piece,
    from index: Int,
    _ body: ([UInt8], Range<Int>) -> Void
  ) {
    guard !piece.range.isEmpty else { return }
    guard index < steps.count else { return body(piece.bytes, piece.range) }
    switch steps[index] {
    case .prefixSpace:
      let spaced =
        piece.starts(with: [0x20]) ? piece : piece.replaced(by: [0x20] + piece.bytes[piece.range])
      forEachWord(of: spaced, from: index + 1, body)
    case .split(let split):
      if index + 1 == steps.count {
        split.forEachWord(piece.bytes, piece.range) { body(piece.bytes, $0) }
      } else {
        split.forEachWord(piece.bytes, piece.range) {
          forEachWord(of: piece.part($0), from: index + 1, body)
        }
      }
    case .metaspace(let metaspace):
      metaspace.forEachWord(of: piece) { forEachWord(of: $0, from: index + 1, body) }
    }
  }
}
