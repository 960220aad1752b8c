/// Removes a character from both ends of a token, up to a number of times.
struct Strip: Sendable {
  private let content: [UInt8]
  private let start: Int
  private let stop: Int

  init(_ field: TokenizerField) throws(TokenizerError) {
    try field.allow("type", "content", "start", "stop")
    content = Array(String(Character(try field["content"].scalar())).utf8)
    start = try field["start"].count()
    stop = try field["stop"].count()
  }

  func apply(_ token: [UInt8]) -> [UInt8] {
    var rest = token[...]
    var left = start
    while left > 0, rest.starts(with: content) {
      rest.removeFirst(content.count)
      left -= 1
    }
    left = stop
    while left > 0, rest.suffix(content.count) == content[...] {
      rest.removeLast(content.count)
      left -= 1
    }
    return Array(rest)
  }
}
