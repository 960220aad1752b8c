/// Replaces one byte string by another wherever it occurs, from left to right.
struct Replacement: Sendable {
  let pattern: [UInt8]
  let content: [UInt8]

  /// Reads `pattern` and `content`.
  init(_ field: TokenizerField) throws(TokenizerError) {
    let pattern = field["pattern"]
    try pattern.allow("String")
    self.init(
      pattern: Array(try pattern["String"].string().utf8),
      content: Array(try field["content"].string().utf8)
    )
    guard !self.pattern.isEmpty else { throw pattern["String"].unexpected("some characters") }
  }

  init(pattern: [UInt8], content: [UInt8]) {
    self.pattern = pattern
    self.content = content
  }

  /// How many bytes at the start of the result come from the first `start` bytes of a text.
  ///
  /// The replacement of several characters counts as coming from the last of them.
  func start(of bytes: [UInt8], _ start: Int) -> Int {
    var count = 0
    var position = 0
    while position < start {
      guard bytes[position...].starts(with: pattern), !pattern.isEmpty else {
        position += 1
        count += 1
        continue
      }
      let end = position + pattern.count
      if UTF8.start(before: end, in: bytes, from: position) < start { count += content.count }
      position = end
    }
    return count
  }

  func apply(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard let first = pattern.first else { return Array(bytes) }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = bytes.startIndex
    while position < bytes.endIndex {
      if bytes[position] == first, bytes[position...].starts(with: pattern) {
        result += content
        position += pattern.count
      } else {
        result.append(bytes[position])
        position += 1
      }
    }
    return result
  }
}
