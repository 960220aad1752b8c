/// What happens to text before it is cut into words.
struct Normalizer: Sendable {
  private enum Step: Sendable {
    case prepend([UInt8])
    case replace(Replacement)
  }

  private let steps: [Step]

  init(_ field: TokenizerField) throws(TokenizerError) {
    steps = field.isAbsent ? [] : try Self.steps(field)
    let factors = steps.map { step in
      switch step {
      case .prepend(let prefix): Double(prefix.count + 1)
      case .replace(let replacement): replacement.growth
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
    default:
      throw field["type"].unexpected("\"Sequence\", \"Prepend\", \"Replace\"")
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
      }
    }
    return piece.replaced(by: bytes)
  }
}
