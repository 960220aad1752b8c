extension Rendering {
  /// What a filter makes of the text of a value.
  func textFilter(
    _ filter: Filter,
    _ value: Value,
    _ given: Given
  ) throws(JinjaError) -> Value {
    let place = given.place
    if filter == .tojson { return .string(try json(value, given)) }
    let text = try self.text(of: value, place)
    switch filter {
    case .trim:
      try given.only("chars")
      return .string(text.trimmed(try given.text(0, "chars")))
    case .upper:
      try given.only()
      return .string(text.uppercased())
    case .lower:
      try given.only()
      return .string(text.lowercasedAsInPython)
    case .capitalize:
      try given.only()
      return .string(text.capitalizedAsInPython)
    case .title:
      try given.only()
      return .string(text.titled)
    case .replace:
      try given.only("old", "new", "count")
      let old = try self.text(of: given.required(0, "old"), place)
      let new = try self.text(of: given.required(1, "new"), place)
      return .string(try replaced(text, old, new, given.whole(2, "count"), place))
    case .indent:
      try given.only("width", "first", "blank")
      let width = given.argument(0, "width") ?? .integer(4)
      let prefix: String
      if case .string(let text) = width {
        prefix = text
      } else {
        let count = try given.whole(0, "width") ?? 4
        try checkSize(max(0, count), place)
        prefix = String(repeating: " ", count: max(0, count))
      }
      let blank = given.argument(2, "blank")?.isTrue ?? false
      let first = given.argument(1, "first")?.isTrue ?? false
      let lines = try linesOfText(text, place)
      try checkSize(text.utf8.count + lines.count * prefix.utf8.count, place)
      let indented = lines.enumerated().map { index, line in
        index == 0 && !first || index > 0 && line.isEmpty && !blank ? line : prefix + line
      }
      return .string(indented.joined(separator: "\n"))
    default:
      try given.only()
      return .string(text)
    }
  }

  /// The value as JSON.
  private func json(_ value: Value, _ given: Given) throws(JinjaError) -> String {
    let place = given.place
    try given.only("ensure_ascii", "indent", "separators", "sort_keys")
    var style = JSONStyle()
    style.isASCII = given.argument(0, "ensure_ascii")?.isTrue ?? false
    style.sortsKeys = given.argument(3, "sort_keys")?.isTrue ?? false
    switch given.argument(1, "indent") {
    case nil, Value.none?: break
    case .string(let text): style.indent = text
    default:
      let count = try given.whole(1, "indent") ?? 0
      try checkSize(max(0, count), place)
      style.indent = String(repeating: " ", count: max(0, count))
    }
    if style.indent != nil { style.itemSeparator = "," }
    switch given.argument(2, "separators") {
    case nil, Value.none?: break
    case .tuple(let parts) where parts.count == 2, .list(let parts) where parts.count == 2:
      (style.itemSeparator, style.keySeparator) = (parts[0].text, parts[1].text)
    default: throw JinjaError(.value, "`separators` needs a pair of texts", at: place)
    }
    try checkSize(bytes(of: value, style), place)
    try steps(value.extent.steps, place)
    var written = ""
    if let wrong = value.write(style, to: &written) {
      throw JinjaError(.value, "`tojson` has no form for \(wrong.phrase)", at: place)
    }
    return written
  }

  /// Roughly how many bytes its JSON has, in which each value may stand on a line of its own.
  private func bytes(of value: Value, _ style: JSONStyle) -> Int {
    let extent = value.extent
    let separators = style.itemSeparator.utf8.count + style.keySeparator.utf8.count
    let indent = (style.indent?.utf8.count ?? 0).multipliedReportingOverflow(by: extent.depth + 1)
    let (room, overflow) = extent.values.multipliedReportingOverflow(
      by: indent.overflow ? .max : indent.partialValue + separators
    )
    return overflow ? .max : extent.bytes + room
  }

  /// Texts one after another, with another between them.
  func joined(
    _ parts: [String],
    by separator: String,
    _ place: Place
  ) throws(JinjaError) -> String {
    let bytes = parts.reduce(0) { $0 + $1.utf8.count + separator.utf8.count }
    try checkSize(bytes, place)
    try steps(bytes / 64, place)
    return parts.joined(separator: separator)
  }

  /// The lines of a text, with an empty one after a line end that is the last character.
  private func linesOfText(_ text: String, _ place: Place) throws(JinjaError) -> [String] {
    guard !text.isEmpty else { return [""] }
    var lines = try self.lines(of: text, keepingEnds: false, place)
    if let last = text.unicodeScalars.last, last.endsLine { lines.append("") }
    return lines
  }

  /// Python's `str.splitlines`.
  func lines(
    of text: String,
    keepingEnds: Bool,
    _ place: Place
  ) throws(JinjaError) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var scalars = text.unicodeScalars[...]
    while let scalar = scalars.popFirst() {
      guard scalar.endsLine else {
        line.append(scalar)
        continue
      }
      if keepingEnds { line.append(scalar) }
      if scalar == "\r", scalars.first == "\n" {
        scalars.removeFirst()
        if keepingEnds { line.append("\n") }
      }
      try checkCount(lines.count + 1, place)
      lines.append(String(line))
      line = String.UnicodeScalarView()
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
  }

  /// A text with a part replaced, everywhere or so many times.
  func replaced(
    _ text: String,
    _ old: String,
    _ new: String,
    _ count: Int?,
    _ place: Place
  ) throws(JinjaError) -> String {
    let limit = count.map { $0 < 0 ? Int.max : $0 } ?? .max
    if old.isEmpty {
      // Before each character and at the end, as in Python.
      var parts = ""
      var left = limit
      try checkSize(text.utf8.count + (text.unicodeScalars.count + 1) * new.utf8.count, place)
      for scalar in text.unicodeScalars {
        if left > 0 { parts += new }
        left -= 1
        parts.unicodeScalars.append(scalar)
      }
      return left > 0 ? parts + new : parts
    }
    let (bytes, replacement) = (Array(text.utf8), Array(new.utf8))
    let search = TextSearch(Array(old.utf8))
    var found: [UInt8] = []
    var (start, done) = (0, 0)
    while done < limit, let range = search.first(in: bytes, from: start) {
      found += bytes[start..<range.lowerBound]
      found += replacement
      try checkSize(found.count, place)
      start = range.upperBound
      done += 1
    }
    return String(decoding: found + bytes[start...], as: UTF8.self)
  }
}

extension String {
  /// The text without some characters at its ends, nil for white space, as of Python's `str.strip`.
  func trimmed(_ characters: String?, left: Bool = true, right: Bool = true) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func isTaken(_ scalar: Unicode.Scalar) -> Bool {
      set?.contains(scalar) ?? scalar.isPythonSpace
    }
    var scalars = unicodeScalars[...]
    while left, let first = scalars.first, isTaken(first) { scalars.removeFirst() }
    while right, let last = scalars.last, isTaken(last) { scalars.removeLast() }
    return String(scalars)
  }

  /// The first character in upper case, the others in lower case.
  var capitalizedAsInPython: String {
    let scalars = Array(unicodeScalars)
    guard let first = scalars.first else { return "" }
    return scalars.indices.dropFirst().reduce(into: first.properties.titlecaseMapping) {
      $0 += scalars.lowercased(at: $1)
    }
  }

  /// Python's `str.lower`.
  var lowercasedAsInPython: String {
    let scalars = Array(unicodeScalars)
    return scalars.indices.reduce(into: "") { $0 += scalars.lowercased(at: $1) }
  }

  /// Jinja's `title`: each word after a space, a dash or a bracket begins in upper case.
  var titled: String {
    var (text, word) = ("", [Unicode.Scalar]())
    func end() {
      text += String(String.UnicodeScalarView(word)).lowercasedAsInPython
      word = []
    }
    var starts = true
    for scalar in unicodeScalars {
      let separates = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
      if starts || separates {
        end()
        text += starts ? scalar.properties.uppercaseMapping : String(scalar)
      } else {
        word.append(scalar)
      }
      starts = separates
    }
    end()
    return text
  }
}

extension [Unicode.Scalar] {
  /// One of the characters in lower case; a Greek sigma is another one at the end of a word, as in Python
  /// (Unicode 15, section 3.13, Final_Sigma).
  func lowercased(at index: Int) -> String {
    guard self[index] == "\u{3A3}" else { return self[index].properties.lowercaseMapping }
    func isLetter(_ neighbour: Unicode.Scalar?) -> Bool { neighbour?.properties.isCased ?? false }
    let before = self[..<index].last { !$0.properties.isCaseIgnorable }
    let after = self[(index + 1)...].first { !$0.properties.isCaseIgnorable }
    return isLetter(before) && !isLetter(after) ? "\u{3C2}" : "\u{3C3}"
  }
}

extension Unicode.Scalar {
  fileprivate var endsLine: Bool {
    switch value {
    case 0xA...0xD, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
    default: false
    }
  }
}
