/// The steps that join the tokens of a text into text again.
struct TokenDecoder: Sendable {
  private enum Step: Sendable {
    case byteLevel
    case byteFallback
    case fuse
    case replace(Replacement)
    case strip(Strip)
    case metaspace(Metaspace)
  }

  /// Nil if the file has no decoder: tokens are then joined with spaces.
  private let steps: [Step]?

  init(_ field: TokenizerField) throws(TokenizerError) {
    steps = field.isAbsent ? nil : try Self.steps(field)
    let factors = (steps ?? []).map { step -> Double in
      switch step {
      case .replace(let replacement): replacement.growth
      default: 1
      }
    }
    try TextGrowth.check(factors, field)
  }

  private static func steps(_ field: TokenizerField) throws(TokenizerError) -> [Step] {
    switch try field["type"].string() {
    case "Sequence":
      try field.allow("type", "decoders")
      var steps: [Step] = []
      for part in try field["decoders"].elements(atMost: TextGrowth.mostSteps) {
        steps += try Self.steps(part)
      }
      return steps
    case "ByteLevel":
      try field.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
      return [.byteLevel]
    case "ByteFallback":
      try field.allow("type")
      return [.byteFallback]
    case "Fuse":
      try field.allow("type")
      return [.fuse]
    case "Replace":
      try field.allow("type", "pattern", "content")
      return [.replace(try Replacement(field))]
    case "Strip":
      return [.strip(try Strip(field))]
    case "Metaspace":
      return [.metaspace(try Metaspace(field))]
    default:
      throw field["type"].unexpected(
        "\"ByteLevel\", \"ByteFallback\", \"Fuse\", \"Replace\", \"Strip\", \"Metaspace\", "
          + "\"Sequence\""
      )
    }
  }

  /// The text of these tokens.
  ///
  /// Bytes that are not UTF-8 become U+FFFD.
  func text(_ tokens: [[UInt8]]) -> String {
    guard let steps else {
      return String(decoding: Array(tokens.joined(separator: [0x20])), as: UTF8.self)
    }
    var tokens = tokens
    for step in steps {
      switch step {
      case .byteLevel: tokens = [Self.byteLevel(tokens)]
      case .byteFallback: tokens = ByteFallback.resolve(tokens)
      case .fuse: tokens = [Array(tokens.joined())]
      case .replace(let replacement): tokens = tokens.map { replacement.apply($0[...]) }
      case .strip(let strip): tokens = tokens.map(strip.apply)
      case .metaspace(let metaspace):
        tokens = tokens.enumerated().map { metaspace.decode($1, isFirst: $0 == 0) }
      }
    }
    return String(decoding: Array(tokens.joined()), as: UTF8.self)
  }

  /// A token with characters from outside the alphabet was added as text and stands for itself.
  private static func byteLevel(_ tokens: [[UInt8]]) -> [UInt8] {
    let bytes = tokens.flatMap { ByteAlphabet.shared.bytes(of: $0) ?? $0 }
    return Array(String(decoding: bytes, as: UTF8.self).utf8)
  }
}
