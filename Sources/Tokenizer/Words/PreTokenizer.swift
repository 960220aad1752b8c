/// The steps that cut text into the words that the model sees one by one.
struct PreTokenizer: Sendable {
  private enum Step: Sendable {
    case prefixSpace
    case split(Split)
    case metaspace(Metaspace)
    /// Replaces each byte by a character, which is what later steps see.
    case byteCharacters
  }

  private var steps: [Step] = []

  /// The most steps: each cuts what the one before left, in a nested call.
  private static let mostSteps = 16

  /// Whether the model works on the bytes of a word rather than its characters.
  private(set) var isByteLevel = false
  /// Whether words are made of characters that stand for bytes, because steps follow `ByteLevel`.
  private var writesBytes = false

  init(_ field: TokenizerField) throws(TokenizerError) {
    if !field.isAbsent { try append(field) }
  }

  private mutating func append(_ field: TokenizerField) throws(TokenizerError) {
    guard steps.count < Self.mostSteps else {
      throw field.failure("found more steps than \(Self.mostSteps)")
    }
    let type = try field["type"].string()
    if isByteLevel, type != "Sequence" {
      guard type == "Split" || type == "Digits" || type == "Punctuation" else {
        throw field.failure("supported after ByteLevel: Split, Digits, Punctuation")
      }
      if !writesBytes { steps.append(.byteCharacters) }
      writesBytes = true
    }
    switch type {
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
    case "WhitespaceSplit":
      try field.allow("type")
      steps.append(.split(try Split(field, regex: SplitPattern.space, .removed)))
    case "Digits":
      try field.allow("type", "individual_digits")
      let cutsEach = try field["individual_digits"].flag(otherwise: false)
      steps.append(
        .split(try Split(field, regex: SplitPattern.digit, cutsEach ? .isolated : .contiguous))
      )
    case "Punctuation":
      try field.allow("type", "behavior")
      let behavior = try Split.behavior(field["behavior"], otherwise: .isolated)
      steps.append(.split(try Split(field, regex: SplitPattern.punctuation, behavior)))
    default:
      throw field["type"].unexpected(
        "\"ByteLevel\", \"Metaspace\", \"Split\", \"WhitespaceSplit\", \"Digits\", \"Punctuation\", "
          + "\"Sequence\""
      )
    }
  }

  /// Calls `body` with each word.
  func forEachWord<Stop: Error>(
    of piece: Piece,
    _ body: ([UInt8], Range<Int>) throws(Stop) -> Void
  ) throws(Stop) {
    guard writesBytes else { return try forEachWord(of: piece, from: 0, body) }
    try forEachWord(of: piece, from: 0) { (characters, range) throws(Stop) in
      let word = ByteAlphabet.shared.bytes(of: characters[range]) ?? Array(characters[range])
      try body(word, 0..<word.count)
    }
  }

  private func forEachWord<Stop: Error>(
    of piece: Piece,
    from index: Int,
    _ body: ([UInt8], Range<Int>) throws(Stop) -> Void
  ) throws(Stop) {
    guard !piece.range.isEmpty else { return }
    guard index < steps.count else { return try body(piece.bytes, piece.range) }
    switch steps[index] {
    case .prefixSpace:
      let spaced =
        piece.starts(with: [0x20]) ? piece : piece.replaced(by: [0x20] + piece.bytes[piece.range])
      try forEachWord(of: spaced, from: index + 1, body)
    case .split(let split):
      if index + 1 == steps.count {
        try split.forEachWord(piece.bytes, piece.range) { (word) throws(Stop) in
          try body(piece.bytes, word)
        }
      } else {
        try split.forEachWord(piece.bytes, piece.range) { (word) throws(Stop) in
          try forEachWord(of: piece.part(word), from: index + 1, body)
        }
      }
    case .byteCharacters:
      let characters = piece.bytes[piece.range].flatMap { ByteAlphabet.shared.characters[Int($0)] }
      try forEachWord(of: piece.replaced(by: characters), from: index + 1, body)
    case .metaspace(let metaspace):
      try metaspace.forEachWord(of: piece) { (part) throws(Stop) in
        try forEachWord(of: part, from: index + 1, body)
      }
    }
  }
}
