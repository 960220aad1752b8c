/// Reads the characters of a regular expression in order.
struct ScalarScanner {
  private let scalars: [Unicode.Scalar]
  private(set) var position = 0

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  var isAtEnd: Bool { position == scalars.count }
  var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

  mutating func take() -> Unicode.Scalar? {
    guard let next else { return nil }
    position += 1
    return next
  }

  func isAt(_ text: String) -> Bool {
    scalars[position...].starts(with: text.unicodeScalars)
  }

  /// Skips a text if it comes next.
  mutating func skip(_ text: String) -> Bool {
    guard isAt(text) else { return false }
    position += text.unicodeScalars.count
    return true
  }

  mutating func number() throws(SplitPatternError) -> Int {
    var digits = ""
    while let next, ("0"..."9").contains(next), digits.count < 6 {
      digits.unicodeScalars.append(next)
      position += 1
    }
    guard let number = Int(digits) else { throw unexpected() }
    return number
  }

  /// The character whose code point is written in a given number of hexadecimal digits, or in up to
  /// six.
  mutating func hexadecimal(digits: Int?) throws(SplitPatternError) -> Unicode.Scalar {
    let failure = unexpected()
    var value: UInt32 = 0
    var count = 0
    while count < digits ?? 6, let digit = hexDigit {
      value = value * 16 + digit
      count += 1
      position += 1
    }
    guard count > 0, count == digits ?? count, let scalar = Unicode.Scalar(value) else {
      throw failure
    }
    return scalar
  }

  private var hexDigit: UInt32? {
    guard let next, next.isASCII else { return nil }
    return Character(next).hexDigitValue.map(UInt32.init)
  }

  func failure(_ problem: String) -> SplitPatternError {
    SplitPatternError(at: position, problem)
  }

  func unexpected() -> SplitPatternError {
    guard let next else { return failure("unexpected end") }
    return failure("`\(next)` is not supported here")
  }

  /// Refuses letters that also exist as one character, such as `st`, in case-insensitive matching.
  func checkCases(from start: Int) throws(SplitPatternError) {
    let word = scalars[start..<position]
    guard word.allSatisfy({ $0.isASCII && $0 != "\\" && $0 != "-" && $0 != "^" }) else {
      throw SplitPatternError(at: start, "supported with `i`: letters, and sets of them")
    }
    let text = String(String.UnicodeScalarView(word)).lowercased()
    for pair in ["ff", "fi", "fl", "ss", "st"] where text.contains(pair) && !text.contains("[") {
      throw SplitPatternError(at: start, "`\(pair)` is not supported with `i`")
    }
  }
}
