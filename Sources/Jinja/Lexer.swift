/// Cuts a template into tokens, with the white space rules of `trim_blocks` and `lstrip_blocks`, which
/// chat templates are written for.
///
/// Source: lexer.py of Jinja 3.1.
struct Lexer {
  let scalars: [Unicode.Scalar]
  var position = 0
  var tokens: [Token] = []
  private var line = 1
  private var lineStart = 0
  private var counted = 0
  /// Whether nothing but white space may stand before a tag for it to be taken away.
  private var startsLine = true

  private enum Tag: Equatable { case block, output, comment }

  init(_ source: String) {
    // Line ends become one kind, and one at the very end is dropped.
    var scalars: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in source.unicodeScalars {
      if scalar == "\n", previous == "\r" {
        previous = nil
        continue
      }
      scalars.append(scalar == "\r" ? "\n" : scalar)
      previous = scalar
    }
    if scalars.last == "\n" { scalars.removeLast() }
    self.scalars = scalars
  }

  /// The place of a position; positions are asked for in ascending order.
  mutating func place(_ position: Int) -> Place {
    while counted < position {
      if scalars[counted] == "\n" {
        line += 1
        lineStart = counted + 1
      }
      counted += 1
    }
    return Place(line: line, column: position - lineStart + 1)
  }

  func scalar(_ offset: Int = 0) -> Unicode.Scalar? {
    position + offset < scalars.count ? scalars[position + offset] : nil
  }

  func begins(_ text: StaticString, at position: Int) -> Bool {
    text.withUTF8Buffer { bytes in
      position + bytes.count <= scalars.count
        && bytes.enumerated().allSatisfy { scalars[position + $0].value == UInt32($1) }
    }
  }

  /// All tokens; the last one is the end.
  static func tokens(of source: String) throws(JinjaError) -> [Token] {
    var lexer = Lexer(source)
    try lexer.run()
    return lexer.tokens
  }

  private mutating func run() throws(JinjaError) {
    while position < scalars.count {
      guard let (start, tag) = nextTag() else {
        addText(position..<scalars.count)
        position = scalars.count
        break
      }
      let sign = start + 2 < scalars.count ? scalars[start + 2] : nil
      addText(position..<textEnd(before: start, tag, sign))
      position = start
      let place = place(start)
      position += sign == "-" || sign == "+" && tag != .output ? 3 : 2
      switch tag {
      case .comment: try skipComment(place)
      case .output:
        tokens.append(Token(kind: .outputStart, place: place))
        try readExpression(until: .output, from: place)
      case .block:
        if try skipRaw(place) { continue }
        tokens.append(Token(kind: .blockStart, place: place))
        try readExpression(until: .block, from: place)
      }
    }
    tokens.append(Token(kind: .end, place: place(scalars.count)))
  }

  private func nextTag() -> (Int, Tag)? {
    var index = position
    while index + 1 < scalars.count {
      if scalars[index] == "{" {
        switch scalars[index + 1] {
        case "%": return (index, .block)
        case "{": return (index, .output)
        case "#": return (index, .comment)
        default: break
        }
      }
      index += 1
    }
    return nil
  }

  private mutating func addText(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[range])
    tokens.append(Token(kind: .text(String(text)), place: place(range.lowerBound)))
  }

  /// Where the text before a tag ends, without the white space that the tag takes away.
  private func textEnd(before start: Int, _ tag: Tag, _ sign: Unicode.Scalar?) -> Int {
    var end = start
    if sign == "-" {
      while end > position, scalars[end - 1].isPythonSpace { end -= 1 }
      return end
    }
    guard sign != "+", tag != .output else { return start }
    while end > position, scalars[end - 1] != "\n" {
      guard scalars[end - 1].isPythonSpace else { return start }
      end -= 1
    }
    return end > position || startsLine ? end : start
  }

  /// Passes over what ends a tag, with the white space that it takes away; says whether it is there.
  mutating func passEnd(_ close: StaticString, trims: Bool) -> Bool {
    if begins(close, at: position) {
      position += 2
      if trims, scalar() == "\n" { position += 1 }
    } else if scalar() == "-", begins(close, at: position + 1) {
      position += 3
      while let next = scalar(), next.isPythonSpace { position += 1 }
    } else if trims, scalar() == "+", begins(close, at: position + 1) {
      position += 3
    } else {
      return false
    }
    startsLine = scalars[position - 1] == "\n"
    return true
  }

  private mutating func skipComment(_ place: Place) throws(JinjaError) {
    while position < scalars.count {
      if passEnd("#}", trims: true) { return }
      position += 1
    }
    throw JinjaError(.template, "the comment has no end; expected `#}`", at: place)
  }

  /// Reads `{% raw %}` up to `{% endraw %}` as text; the position is after `{%` and its sign.
  private mutating func skipRaw(_ place: Place) throws(JinjaError) -> Bool {
    let start = position
    func spaces(_ position: Int) -> Int {
      var position = position
      while position < scalars.count, scalars[position].isPythonSpace { position += 1 }
      return position
    }
    position = spaces(position)
    guard begins("raw", at: position) else {
      position = start
      return false
    }
    position = spaces(position + 3)
    // Unlike other tags it leaves the line end after it alone.
    guard passEnd("%}", trims: false) else {
      position = start
      return false
    }
    let textStart = position
    var index = position
    while index + 1 < scalars.count {
      defer { index += 1 }
      guard begins("{%", at: index) else { continue }
      let sign = index + 2 < scalars.count ? scalars[index + 2] : nil
      let name = spaces(index + (sign == "-" || sign == "+" ? 3 : 2))
      guard begins("endraw", at: name) else { continue }
      position = textStart
      let end = textEnd(before: index, .block, sign)
      position = spaces(name + 6)
      guard passEnd("%}", trims: true) else { continue }
      addText(textStart..<end)
      return true
    }
    throw JinjaError(.template, "`raw` has no end; expected `{% endraw %}`", at: place)
  }

  /// Reads tokens up to the end of a tag.
  private mutating func readExpression(until tag: Tag, from place: Place) throws(JinjaError) {
    var open: [Unicode.Scalar] = []
    while let next = scalar() {
      if open.isEmpty {
        let end = position
        if tag == .block, passEnd("%}", trims: true) {
          tokens.append(Token(kind: .blockEnd, place: self.place(end)))
          return
        }
        if tag == .output, passEnd("}}", trims: false) {
          tokens.append(Token(kind: .outputEnd, place: self.place(end)))
          return
        }
      }
      if next.isPythonSpace {
        position += 1
        continue
      }
      let token = try readToken()
      tokens.append(token)
      guard case .symbol(let symbol) = token.kind, let first = symbol.unicodeScalars.first else {
        continue
      }
      switch first {
      case "(": open.append(")")
      case "[": open.append("]")
      case "{": open.append("}")
      case ")", "]", "}":
        guard open.popLast() == first else {
          throw JinjaError(.template, "`\(symbol)` closes no bracket", at: token.place)
        }
      default: break
      }
    }
    let close = tag == .block ? "%}" : "}}"
    throw JinjaError(.template, "the tag has no end; expected `\(close)`", at: place)
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isspace` says so, which `\s` does as well.
  var isPythonSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}
