/// Steps over one word after the other.
///
/// Each alternative of a pattern is tried in its order.
struct WordScanner {
  let bytes: [UInt8]
  var position: Int
  let end: Int

  /// Steps over a word of
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
  mutating func skipGPT2Word() {
    if skipContraction(ignoringCase: false) { return }
    let (kind, length) = at(position)
    guard kind == .space else { return skip(kind) }
    if bytes[position] == 0x20, position + 1 < end {
      let next = at(position + 1).0
      if next != .space {
        position += 1
        return skip(next)
      }
    }
    skipSpace(firstLength: length)
  }

  /// Steps over a word of `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,digits}|`
  /// ` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
  mutating func skipLlama3Word(digits: Int) {
    if skipContraction(ignoringCase: true) { return }
    let (kind, length) = at(position)
    if kind == .letter { return skip(.letter) }
    if kind == .number { return skip(.number, atMost: digits) }

    let next = position + length < end ? at(position + length).0 : nil
    if next == .letter, !isLineBreak(bytes[position]) {
      position += length
      return skip(.letter)
    }
    if kind == .other || (bytes[position] == 0x20 && next == .other) {
      if kind == .space { position += 1 }
      skip(.other)
      while position < end, isLineBreak(bytes[position]) { position += 1 }
      return
    }
    skipSpace(firstLength: length, endingAtLineBreak: true)
  }

  private func at(_ place: Int) -> (ScalarClass, Int) {
    ScalarClass.at(place, in: bytes, before: end)
  }

  private func isLineBreak(_ byte: UInt8) -> Bool {
    byte == 0x0A || byte == 0x0D
  }

  /// Steps over characters of one class.
  private mutating func skip(_ kind: ScalarClass, atMost count: Int = .max) {
    var left = count
    while position < end, left > 0 {
      let (next, length) = at(position)
      guard next == kind else { return }
      position += length
      left -= 1
    }
  }

  /// Steps over space, but leaves the last one to a word that follows, unless it is the only one.
  ///
  /// If asked to end at a line break, it goes up to the last one where there is one at all.
  private mutating func skipSpace(firstLength: Int, endingAtLineBreak: Bool = false) {
    let start = position
    var last = position
    var lineBreak: Int?
    while position < end {
      let (kind, length) = at(position)
      guard kind == .space else { break }
      if isLineBreak(bytes[position]) { lineBreak = position + 1 }
      last = position
      position += length
    }
    if endingAtLineBreak, let lineBreak {
      position = lineBreak
    } else if position < end, last > start {
      position = last
    }
  }

  /// Steps over an English contraction, if there is one.
  private mutating func skipContraction(ignoringCase: Bool) -> Bool {
    guard bytes[position] == UInt8(ascii: "'"), position + 1 < end else { return false }
    let mask: UInt8 = ignoringCase ? 0x20 : 0
    let first = bytes[position + 1]
    let second = position + 2 < end ? bytes[position + 2] : 0
    switch (first | mask, second | mask) {
    case (UInt8(ascii: "s"), _), (UInt8(ascii: "t"), _), (UInt8(ascii: "m"), _),
      (UInt8(ascii: "d"), _):
      position += 2
    case (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")):
      position += 3
    case _ where ignoringCase && first == 0xC5 && second == 0xBF:
      // U+017F, the long s, is an s when case does not count.
      position += 3
    default:
      return false
    }
    return true
  }
}
