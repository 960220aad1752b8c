extension Lexer {
  /// Reads a number, or what starts like one: a percentage, a quantity, a ratio.
  ///
  /// An `e` belongs to the number only where digits follow it: `1e-4` is a number, `2e` and `5E`
  /// are quantities with that unit.
  mutating func number() {
    let start = offset
    if peek() == .minus { offset += 1 }
    let lacksZero = peek() == .dot
    let lacksDigits = !digits()
    var isWhole = true
    if peek() == .dot, peek(1).isDigit {
      offset += 1
      if !digits() { return malformed(from: start) }
      isWhole = false
    }
    if exponent() { isWhole = false }
    guard lacksZero || !lacksDigits else { return malformed(from: start) }
    let number = Number(lexed: numeral(from: start, lacksZero: lacksZero))
    let isRatio = isWhole && number.text.utf8.first != .minus && peek() == .colon
    if isRatio, peek(1).isDigit { return ratio(number, from: start) }
    if isWhole, fraction(number, from: start) { return }
    let end = offset
    let kind = suffix(of: number)
    guard !isGluedToMore else { return malformed(from: start) }
    guard number.double.isFinite else { return tooLarge(from: start) }
    if lacksZero { reportLackingZero(number, from: start, to: end) }
    emit(kind, from: start)
  }

  private mutating func suffix(of number: Number) -> Token.Kind {
    if peek() == .percent {
      offset += 1
      return .percentage(number)
    }
    let start = offset
    skip(while: \.isLetter)
    return offset > start ? .quantity(number, unit: text(from: start)) : .number(number)
  }

  private mutating func ratio(_ left: Number, from start: Int) {
    offset += 1
    let middle = offset
    guard digits(), !isGluedToMore else { return malformed(from: start) }
    let right = Number(lexed: numeral(from: middle, lacksZero: false))
    guard let left = left.integer, let right = right.integer else { return tooLarge(from: start) }
    emit(.ratio(left, right), from: start)
  }

  /// Skips digits; false when there are none or an underscore is not between two digits.
  private mutating func digits() -> Bool {
    let start = offset
    var isWellFormed = true
    while peek().isDigit || peek() == .underscore {
      if peek() == .underscore, offset == start || !peek(1).isDigit { isWellFormed = false }
      offset += 1
    }
    return isWellFormed && offset > start
  }

  private mutating func exponent() -> Bool {
    guard peek() | 0x20 == UInt8(ascii: "e") else { return false }
    let signs = peek(1) == .minus || peek(1) == .plus ? 1 : 0
    guard peek(1 + signs).isDigit else { return false }
    offset += 1 + signs
    skip(while: \.isDigit)
    return true
  }

  private func numeral(from start: Int, lacksZero: Bool) -> String {
    var numeral = text(from: start)
    numeral.removeAll { $0 == "_" }
    guard lacksZero, let dot = numeral.firstIndex(of: ".") else { return numeral }
    numeral.insert("0", at: dot)
    return numeral
  }

  /// Whether something follows without a space that cannot be part of a number.
  private var isGluedToMore: Bool {
    switch peek() {
    case .dot: peek(1) != .dot
    case .slash, .backslash, .colon, .percent, .dollar: true
    case let byte: byte.continuesWord
    }
  }

  private mutating func malformed(from start: Int) {
    let isFolder = { (byte: UInt8) in byte == .slash || byte == .backslash }
    while offset < source.bytes.count, !peek().endsUnquotedText, !isFolder(peek()) {
      guard peek() != .dot || peek(1) != .dot else { break }
      offset += 1
    }
    let seen = source.bytes[start..<offset]
    let hasExtension = zip(seen, seen.dropFirst()).contains { $0 == .dot && $1.isLetter }
    guard !isFolder(peek()), !hasExtension else { return unquotedText(from: start) }
    report(.malformedNumber(text(from: start)), from: start)
    emit(.invalid, from: start)
  }

  private mutating func tooLarge(from start: Int) {
    report(.numberTooLarge(text(from: start)), from: start)
    emit(.invalid, from: start)
  }

  private mutating func reportLackingZero(_ number: Number, from start: Int, to end: Int) {
    let written = text(from: start)
    let rest = written.utf8.dropFirst(end - start)
    let corrected = number.text + String(decoding: rest, as: UTF8.self)
    report(.lackingZero(written, corrected: corrected), from: start, fix: corrected)
  }
}
