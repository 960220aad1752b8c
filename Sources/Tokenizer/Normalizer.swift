/// What happens to text before it is cut into words.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case prepend([UInt8])
    case replace(Replacement)
    case compose(CanonicalComposition)
  }

  private let steps: [Step]

  init(_ field: TokenizerField) throws(TokenizerError) {
    steps = field.isAbsent ? [] : try Self.steps(field)
    let factors = steps.map { step -> Double in
      switch step {
      // It is put before each stretch between two added tokens, which may be a single byte.
      case .prepend(let prefix): Double(prefix.count + 1)
      case .replace(let replacement): replacement.growth
      // Some characters of three bytes become two of them.
      case .compose: 3
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
      return [.replace(try Replacement(field))]
    case "NFC":
      try field.allow("type")
      return [.compose(CanonicalComposition())]
    default:
      throw field["type"].unexpected("\"Sequence\", \"Prepend\", \"Replace\", \"NFC\"")
    }
  }

  /// Applies all steps.
  ///
  /// Empty text stays empty.
  func apply(_ piece: Piece) -> Piece {
    guard !steps.isEmpty, !piece.range.isEmpty else { return piece }
    var bytes = Array(piece.bytes[piece.range])
    for step in steps {
      switch step {
      case .prepend(let prefix): if !bytes.isEmpty { bytes.insert(contentsOf: prefix, at: 0) }
      case .replace(let replacement): bytes = replacement.apply(bytes[...])
      case .compose(let composition): bytes = composition.apply(bytes)
      }
    }
    return piece.replaced(by: bytes)
  }
}
