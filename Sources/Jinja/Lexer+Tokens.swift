extension Lexer {
  private static let symbols = [
    "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[",
    "]", "{", "}", ",", ":", ".", "|",
  ].map { Array($0.unicodeScalars) }

  /// Reads one token inside of a tag.
  mutating func readToken() throws(JinjaError) -> Token {
    let place = place(position)
    guard let first = scalar() else { return Token(kind: .end, place: place) }
    if first == "_" || first.properties.isIDStart { return Token(kind: readName(), place: place) }
    if ("0"..."9").contains(first) { return Token(kind: try readNumber(place), place: place) }
    if first == "\"" || first == "'" {
      return Token(kind: .string(try readString(first, place)), place: place)
    }
    for symbol in Self.symbols where scalars[position...].starts(with: symbol) {
      position += symbol.count
      var text = String.UnicodeScalarView()
      text.append(contentsOf: symbol)
      return Token(kind: .symbol(String(text)), place: place)
    }
    throw JinjaError(.template, "the character `\(first.shown)` has no meaning here", at: place)
  }

  private mutating func readName() -> Token.Kind {
    var name = String.UnicodeScalarView()
    while let next = scalar(), next == "_" || next.properties.isIDContinue {
      name.append(next)
      position += 1
    }
    return .name(String(name))
  }

  private mutating func readNumber(_ place: Place) throws(JinjaError) -> Token.Kind {
    func digits(from start: Int) -> Int {
      var end = start
      while end < scalars.count {
        if ("0"..."9").contains(scalars[end]) {
          end += 1
        } else if scalars[end] == "_", end > start, end + 1 < scalars.count,
          ("0"..."9").contains(scalars[end + 1])
        {
          end += 1
        } else {
          break
        }
      }
      return end
    }
    let start = position
    var end = digits(from: start)
    var isFloat = false
    if end < scalars.count, scalars[end] == ".", digits(from: end + 1) > end + 1 {
      end = digits(from: end + 1)
      isFloat = true
    }
    if end < scalars.count, scalars[end] == "e" || scalars[end] == "E" {
      var exponent = end + 1
      if exponent < scalars.count, scalars[exponent] == "+" || scalars[exponent] == "-" {
        exponent += 1
      }
      if digits(from: exponent) > exponent {
        end = digits(from: exponent)
        isFloat = true
      }
    }
    position = end
    if let next = scalar(), next == "_" || next.properties.isIDContinue {
      throw JinjaError(.template, "a number of this form is not understood", at: place)
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[start..<end].filter { $0 != "_" })
    let text = String(view)
    if isFloat, let number = Double(text) { return .float(number) }
    guard let number = Int(text) else {
      throw JinjaError(.template, "the number is too large", at: place)
    }
    return .integer(number)
  }

  /// Reads a string with the escapes of Python.
  private mutating func readString(
    _ quote: Unicode.Scalar,
    _ place: Place
  ) throws(JinjaError) -> String {
    position += 1
    var text = String.UnicodeScalarView()
    while let next = scalar() {
      position += 1
      if next == quote { return String(text) }
      guard next == "\\", let escaped = scalar() else {
        text.append(next)
        continue
      }
      position += 1
      switch escaped {
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "a": text.append("\u{7}")
      case "b": text.append("\u{8}")
      case "f": text.append("\u{C}")
      case "v": text.append("\u{B}")
      case "\n": break
      case "\\", "'", "\"": text.append(escaped)
      case "x": text.append(try hexadecimal(2, place))
      case "u": text.append(try hexadecimal(4, place))
      case "U": text.append(try hexadecimal(8, place))
      case "0"..."7": text.append(octal(escaped))
      case "N":
        throw JinjaError(.template, "`\\N` in a string is not understood", at: place)
      default:
        text.append("\\")
        text.append(escaped)
      }
    }
    throw JinjaError(.template, "the string has no end", at: place)
  }

  private mutating func hexadecimal(_ count: Int, _ place: Place) throws(JinjaError)
    -> Unicode.Scalar
  {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = scalar().flatMap({ UInt32(String($0), radix: 16) }), value < 1 << 28 else {
        throw JinjaError(.template, "an escape in the string is not \(count) digits", at: place)
      }
      value = value << 4 | digit
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else {
      throw JinjaError(.template, "an escape in the string is no character", at: place)
    }
    return scalar
  }

  private mutating func octal(_ first: Unicode.Scalar) -> Unicode.Scalar {
    var value = first.value - 0x30
    for _ in 0..<2 {
      guard let next = scalar(), ("0"..."7").contains(next) else { break }
      value = value << 3 | (next.value - 0x30)
      position += 1
    }
    // At most 0o777, which is a character.
    return Unicode.Scalar(value) ?? "\u{FFFD}"
  }
}

extension Unicode.Scalar {
  /// The scalar, or its number where it cannot be seen.
  var shown: String {
    properties.isWhitespace || value < 0x20 || properties.generalCategory == .unassigned
      ? "U+" + String(value, radix: 16, uppercase: true) : String(self)
  }
}
