extension Rendering {
  /// What a filter makes of the text of a value.
  func textFilter(
    _ filter: Filter,
    _ value: Value,
    _ given: Given
  ) throws(JinjaError) -> Value {
    let place = given.place
    let text = value.text
    try steps(text.utf8.count / 64, place)
    switch filter {
    case .trim:
      try given.only("chars")
      return .string(text.trimmed(try given.text(0, "chars")))
    case .upper:
      try given.only()
      return .string(text.uppercased())
    case .lower:
      try given.only()
      return .string(text.lowercased())
    case .capitalize:
      try given.only()
      return .string(text.capitalizedAsInPython)
    case .title:
      try given.only()
      return .string(text.titled)
    case .replace:
      try given.only("old", "new", "count")
      let old = try given.required(0, "old").text
      let new = try given.required(1, "new").text
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
      let lines = text.linesOfText
      try checkSize(text.utf8.count + lines.count * prefix.utf8.count, place)
      let indented = lines.enumerated().map { index, line in
        index == 0 && !first || index > 0 && line.isEmpty && !blank ? line : prefix + line
      }
      return .string(indented.joined(separator: "\n"))
    case .tojson:
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
      try checkSize(value.size * (1 + (style.indent?.utf8.count ?? 0)), place)
      var written = ""
      if let wrong = value.write(style, to: &written) {
        throw JinjaError(.value, "`tojson` has no form for \(wrong.phrase)", at: place)
      }
      return .string(written)
    default:
      try given.only()
      return .string(text)
    }
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
    let (bytes, pattern, replacement) = (Array(text.utf8), Array(old.utf8), Array(new.utf8))
    var found: [UInt8] = []
    var (start, done) = (0, 0)
    while done < limit, let range = bytes.firstRange(of: pattern, from: start) {
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
    guard let first = unicodeScalars.first else { return "" }
    return first.properties.titlecaseMapping
      + String(unicodeScalars.dropFirst()).lowercased()
  }

  /// Jinja's `title`: each word after a space, a dash or a bracket begins in upper case.
  var titled: String {
    var text = ""
    var starts = true
    for scalar in unicodeScalars {
      if starts {
        text += scalar.properties.uppercaseMapping
      } else {
        text += scalar.properties.lowercaseMapping
      }
      starts = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
    }
    return text
  }

  /// The lines, with an empty one after a line end that is the last character.
  fileprivate var linesOfText: [String] {
    guard !isEmpty else { return [""] }
    var lines = splitIntoLines(keepingEnds: false)
    if let last = unicodeScalars.last, last.endsLine { lines.append("") }
    return lines
  }

  /// Python's `str.splitlines`.
  func splitIntoLines(keepingEnds: Bool) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var scalars = unicodeScalars[...]
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
      lines.append(String(line))
      line = String.UnicodeScalarView()
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
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
