import BillhookFiles

/// The ids that are added before and after those of a text.
struct SpecialTokenTemplate: Sendable {
  private(set) var before: [Int] = []
  private(set) var after: [Int] = []

  /// The most pieces and ids of a template: each piece can repeat a long list.
  private static let longest = 256

  /// Reads a post-processor, which may name only ids below `idCount`.
  init(_ field: TokenizerField, idCount: Int) throws(TokenizerError) {
    if !field.isAbsent { try wrap(field, idCount) }
  }

  private mutating func wrap(_ field: TokenizerField, _ idCount: Int) throws(TokenizerError) {
    switch try field["type"].string() {
    case "Sequence":
      try field.allow("type", "processors")
      for part in try field["processors"].elements(atMost: Self.longest) { try wrap(part, idCount) }
    case "ByteLevel":
      // This one changes only offsets, and no offsets are kept here.
      try field.allow("type", "add_prefix_space", "trim_offsets", "use_regex")
    case "TemplateProcessing":
      try field.allow("type", "single", "pair", "special_tokens")
      try wrap(template: field, idCount)
    default:
      throw field["type"].unexpected("\"TemplateProcessing\", \"ByteLevel\", \"Sequence\"")
    }
  }

  private mutating func wrap(
    template field: TokenizerField,
    _ idCount: Int
  ) throws(TokenizerError) {
    var sides: [[Int]] = [[], []]
    var side = 0
    for piece in try field["single"].elements(atMost: Self.longest) {
      try piece.allow("SpecialToken", "Sequence")
      if piece["Sequence"].isAbsent {
        let name = try piece["SpecialToken"]["id"].string()
        let ids = field["special_tokens"][name]["ids"]
        for id in try ids.elements(atMost: Self.longest) {
          guard let number = id.value?.int, (0..<idCount).contains(number) else {
            throw id.unexpected("an id from 0 to \(idCount - 1)")
          }
          sides[side].append(number)
        }
      } else {
        guard try piece["Sequence"]["id"].string() == "A", side == 0 else {
          throw piece["Sequence"].failure("supported: the sequence `A`, once")
        }
        side = 1
      }
    }
    guard side == 1 else { throw field["single"].failure("the sequence `A` is missing") }
    before = sides[0] + before
    after += sides[1]
    guard before.count + after.count <= Self.longest else {
      throw field.failure("puts more than \(Self.longest) ids around a text")
    }
  }
}
