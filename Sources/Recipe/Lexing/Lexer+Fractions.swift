extension Lexer {
  /// Reads the rest of a fraction such as `1/4`, which stands where an amount or a value does; elsewhere
  /// a path may begin so.
  ///
  /// - Returns: Whether there is one, which is reported; otherwise nothing is read.
  mutating func fraction(_ numerator: Number, from start: Int) -> Bool {
    guard let place = roleOfFraction else { return false }
    let end = offset
    skip(while: \.isBlank)
    guard peek() == .slash, peek(1) != .slash else { return stepBack(to: end) }
    offset += 1
    skip(while: \.isBlank)
    let middle = offset
    skip(while: \.isDigit)
    guard offset < source.bytes.count ? peek().endsUnquotedText : true,
      let fraction = Fraction(numerator.text, text(from: middle), place)
    else { return stepBack(to: end) }
    let fix = place == .amount && fraction.isExact ? fraction.percentage : nil
    report(.fraction(text(from: start), fraction), from: start, fix: fix)
    emit(.invalid, from: start)
    return true
  }

  private mutating func stepBack(to end: Int) -> Bool {
    offset = end
    return false
  }

  /// Where a number stands that may be part of a fraction; nil where a path may stand.
  private var roleOfFraction: Fraction.Role? {
    switch lexed.tokens.last?.kind {
    case .word("remove"): .amount
    case .word("to"): .rest
    case .equals, .leftBracket, .comma: .value
    default: nil
    }
  }
}
