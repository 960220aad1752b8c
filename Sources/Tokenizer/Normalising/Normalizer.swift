import BillhookFiles

/// The steps applied to text before it is cut into words.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case prepend([UInt8])
    case replace(Replacement)
    case replacePattern(PatternReplacement)
    case compose(CanonicalComposition)
    case strip(SpaceStrip)
    case map(CharacterMap)
  }

  private let steps: [Step]

  init(_ field: TokenizerField) throws(TokenizerError) {
    steps = field.isAbsent ? [] : try Self.steps(field)
    let factors = steps.map { step -> Double in
      switch step {
      // The prefix is added to each stretch between two added tokens, which may be a single byte.
      case .prepend(let prefix): Double(prefix.count + 1)
      case .replace(let replacement): replacement.growth
      case .replacePattern(let replacement): replacement.growth
      case .compose(let composition): composition.growth
      case .strip: 1
      case .map(let map): map.growth
      }
    }
    try TextGrowth.check(factors, field)
  }

  private static func steps(_ field: TokenizerField) throws(TokenizerError) -> [Step] {
    switch try field["type"].string() {
    case "Sequence":
      try field.allow("type", "normalizers")
      var steps: [Step] = []
      for part in try field["normalizers"].elements(atMost: TextGrowth.mostSteps) {
        steps += try Self.steps(part)
      }
      return steps
    case "Prepend":
      try field.allow("type", "prepend")
      return [.prepend(Array(try field["prepend"].string().utf8))]
    case "Replace":
      try field.allow("type", "pattern", "content")
      guard field["pattern"]["Regex"].isAbsent else {
        return [.replacePattern(try PatternReplacement(field))]
      }
      return [.replace(try Replacement(field))]
    case "NFC", "NFKC":
      try field.allow("type")
      return [.compose(CanonicalComposition(isCompatible: field["type"].value?.string == "NFKC"))]
    case "Strip":
      return [.strip(try SpaceStrip(field))]
    case "Precompiled":
      try field.allow("type", "precompiled_charsmap")
      return [.map(try CharacterMap(field["precompiled_charsmap"]))]
    default:
      throw field["type"].unexpected(
        "\"Sequence\", \"Prepend\", \"Replace\", \"NFC\", \"NFKC\", \"Strip\", \"Precompiled\""
      )
    }
  }

  /// Applies all steps.
  ///
  /// Empty text stays empty. For the library, a text whose first character is removed no longer
  /// begins where it did, which decides whether `Metaspace` adds a mark at its start.
  func apply(_ piece: Piece) -> Piece {
    guard !steps.isEmpty, !piece.range.isEmpty else { return piece }
    var bytes = Array(piece.bytes[piece.range])
    // How many bytes at the start came from the first character.
    var start = min(UTF8.length(startingWith: bytes[0]), bytes.count)
    for step in steps {
      switch step {
      case .prepend(let prefix):
        guard !bytes.isEmpty else { continue }
        bytes.insert(contentsOf: prefix, at: 0)
        if start > 0 { start += prefix.count }
      case .replace(let replacement):
        start = replacement.start(of: bytes, start)
        bytes = replacement.apply(bytes[...])
      case .replacePattern(let replacement):
        bytes = replacement.apply(bytes, &start)
      case .compose(let composition):
        start = composition.apply(Array(bytes[..<start])).count
        bytes = composition.apply(bytes)
      case .strip(let strip):
        bytes = strip.apply(bytes, &start)
      case .map(let map):
        // Where the map removes the first character, the next one counts as the first.
        if start > 0 { start = max(1, map.apply(Array(bytes[..<start])).count) }
        bytes = map.apply(bytes)
      }
      start = min(start, bytes.count)
    }
    return Piece(bytes: bytes, range: 0..<bytes.count, isFirst: piece.isFirst && start > 0)
  }
}
