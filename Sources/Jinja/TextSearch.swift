/// Finds a text in others, in time that is linear in both.
///
/// Source: Knuth, Morris and Pratt, Fast Pattern Matching in Strings, 1977.
struct TextSearch {
  private let pattern: [UInt8]
  /// For each beginning of the pattern, the longest shorter beginning that it ends with.
  private let borders: [Int]

  /// A search for bytes of UTF-8; a character is never found inside of another.
  init(_ pattern: [UInt8]) {
    self.pattern = pattern
    var borders = Array(repeating: 0, count: pattern.count)
    var matched = 0
    for index in pattern.indices.dropFirst() {
      while matched > 0, pattern[index] != pattern[matched] { matched = borders[matched - 1] }
      if pattern[index] == pattern[matched] { matched += 1 }
      borders[index] = matched
    }
    self.borders = borders
  }

  /// Where the text is found first from a position on.
  func first(in bytes: [UInt8], from start: Int = 0) -> Range<Int>? {
    guard !pattern.isEmpty else { return start <= bytes.count ? start..<start : nil }
    var matched = 0
    var index = start
    while index < bytes.count {
      while matched > 0, bytes[index] != pattern[matched] { matched = borders[matched - 1] }
      if bytes[index] == pattern[matched] { matched += 1 }
      index += 1
      if matched == pattern.count { return index - matched..<index }
    }
    return nil
  }
}
