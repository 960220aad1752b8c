extension Rendering {
  private static let ofText: Set<String> = [
    "capitalize", "count", "endswith", "find", "isalnum", "isalpha", "isdigit", "islower",
    "isspace",
    "isupper", "join", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rfind",
    "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper",
  ]
  /// Methods that Python's strings have, and that are not understood.
  private static let strangeOfText: Set<String> = [
    "casefold", "center", "encode", "expandtabs", "format", "format_map", "index", "isascii",
    "isdecimal", "isidentifier", "isnumeric", "isprintable", "istitle", "ljust", "maketrans",
    "partition", "rindex", "rjust", "rpartition", "swapcase", "translate", "zfill",
  ]
  private static let ofDictionary: Set<String> = ["get", "items", "keys", "values"]
  private static let strangeOfDictionary: Set<String> = [
    "clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update",
  ]
  private static let ofList: Set<String> = ["count", "index"]
  private static let strangeOfList: Set<String> = [
    "append", "clear", "copy", "extend", "insert", "pop", "remove", "reverse", "sort",
  ]

  /// The method of a value; nil where its type has none of that name.
  func method(_ name: String, of owner: Value, _ place: Place) throws(JinjaError) -> Value? {
    let (known, strange): (Set<String>, Set<String>)
    switch owner {
    case .string: (known, strange) = (Self.ofText, Self.strangeOfText)
    case .dictionary: (known, strange) = (Self.ofDictionary, Self.strangeOfDictionary)
    case .list: (known, strange) = (Self.ofList, Self.strangeOfList)
    case .tuple: (known, strange) = (Self.ofList, [])
    default: return nil
    }
    guard !strange.contains(name) else {
      throw JinjaError(
        .template,
        "the method `\(name)` of \(owner.phrase) is not understood",
        at: place
      )
    }
    return known.contains(name) ? .method(of: Value.Receiver(owner), named: name) : nil
  }

  /// Calls a method.
  func call(_ name: String, of owner: Value, _ given: Given) throws(JinjaError) -> Value {
    switch owner {
    case .string(let text): return try call(name, ofText: text, given)
    case .loop(let loop): return name == "cycle" ? try loop.cycle(given) : loop.changed(given)
    case .dictionary(let dictionary):
      switch name {
      case "get":
        try given.only("key", "default")
        return try dictionary[key(given.required(0, "key"), given.place)]
          ?? given.argument(1, "default") ?? .none
      case "items":
        try given.only()
        return try list(
          dictionary.entries.map { .tuple(Value.List([$0.key, $0.value])) },
          given.place
        )
      case "keys":
        try given.only()
        return try list(dictionary.entries.map(\.key), given.place)
      default:
        try given.only()
        return try list(dictionary.entries.map(\.value), given.place)
      }
    default:
      try given.only("value")
      let wanted = try given.required(0, "value")
      let values = try elements(of: owner, given.place)
      try steps(owner.extent.steps, given.place)
      if name == "count" { return .integer(values.count { $0.equals(wanted) }) }
      guard let index = values.firstIndex(where: { $0.equals(wanted) }) else {
        throw JinjaError(.value, "\(wanted.phrase) is not in the list", at: given.place)
      }
      return .integer(index)
    }
  }

  private func call(
    _ name: String,
    ofText text: String,
    _ given: Given
  ) throws(JinjaError) -> Value {
    let place = given.place
    try steps(text.utf8.count / 64, place)
    switch name {
    case "strip", "lstrip", "rstrip":
      try given.only("chars")
      return .string(
        text.trimmed(try given.text(0, "chars"), left: name != "rstrip", right: name != "lstrip")
      )
    case "split", "rsplit":
      try given.only("sep", "maxsplit")
      let limit = try given.whole(1, "maxsplit") ?? -1
      let parts = try split(text, given.text(0, "sep"), limit, fromEnd: name == "rsplit", place)
      return try list(parts.map(Value.string), place)
    case "splitlines":
      try given.only("keepends")
      let keepsEnds = given.argument(0, "keepends")?.isTrue ?? false
      let lines = try self.lines(of: text, keepingEnds: keepsEnds, place)
      return try list(lines.map(Value.string), place)
    case "startswith", "endswith":
      try given.only("prefix")
      var parts: [String] = []
      switch try given.required(0, "prefix") {
      case .string(let part): parts = [part]
      case .tuple(let values): parts = values.map(\.text)
      case let other:
        throw JinjaError(.value, "`\(name)` needs text, found \(other.phrase)", at: place)
      }
      return .bool(
        parts.contains { part in
          name == "startswith"
            ? text.utf8.starts(with: part.utf8)
            : text.utf8.reversed().starts(with: part.utf8.reversed())
        }
      )
    case "removeprefix", "removesuffix":
      try given.only("part")
      let part = try self.text(of: given.required(0, "part"), place)
      let isPrefix = name == "removeprefix"
      let isThere =
        isPrefix
        ? text.utf8.starts(with: part.utf8)
        : text.utf8.reversed().starts(with: part.utf8.reversed())
      guard isThere else { return .string(text) }
      let rest =
        isPrefix ? text.utf8.dropFirst(part.utf8.count) : text.utf8.dropLast(part.utf8.count)
      return .string(String(decoding: Array(rest), as: UTF8.self))
    case "replace":
      try given.only("old", "new", "count")
      guard let old = try given.text(0, "old"), let new = try given.text(1, "new") else {
        throw JinjaError(.template, "`replace` needs two texts", at: place)
      }
      return .string(try replaced(text, old, new, given.whole(2, "count"), place))
    case "find", "rfind", "count":
      try given.only("sub")
      let part = try self.text(of: given.required(0, "sub"), place)
      return .integer(
        name == "count" ? text.count(of: part) : text.place(of: part, last: name == "rfind")
      )
    case "join":
      try given.only("iterable")
      var parts: [String] = []
      for value in try elements(of: given.required(0, "iterable"), place) {
        guard case .string(let part) = value else {
          throw JinjaError(.value, "`join` needs texts, found \(value.phrase)", at: place)
        }
        parts.append(part)
      }
      return .string(try joined(parts, by: text, place))
    default:
      try given.only()
      return withoutArguments(name, text)
    }
  }

  private func withoutArguments(_ name: String, _ text: String) -> Value {
    func all(_ holds: (Unicode.Scalar) -> Bool) -> Value {
      .bool(!text.isEmpty && text.unicodeScalars.allSatisfy(holds))
    }
    switch name {
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercasedAsInPython)
    case "capitalize": return .string(text.capitalizedAsInPython)
    case "title": return .string(text.titledAsInPython)
    case "islower": return .bool(text.isLowercase)
    case "isupper": return .bool(text.isUppercase)
    case "isspace": return all(\.isPythonSpace)
    case "isdigit": return all(\.isPythonDigit)
    case "isalpha": return all(\.isPythonLetter)
    default: return all { $0.isPythonLetter || $0.properties.numericType != nil }
    }
  }

  private func split(
    _ text: String,
    _ separator: String?,
    _ limit: Int,
    fromEnd: Bool,
    _ place: Place
  ) throws(JinjaError) -> [String] {
    let most = limit < 0 ? Int.max : limit
    guard let separator else { return try words(of: text, atMost: most, fromEnd: fromEnd, place) }
    guard !separator.isEmpty else {
      throw JinjaError(.value, "the separator of `split` must not be empty", at: place)
    }
    var (bytes, pattern) = (Array(text.utf8), Array(separator.utf8))
    if fromEnd {
      bytes.reverse()
      pattern.reverse()
    }
    var parts: [[UInt8]] = []
    var start = 0
    let search = TextSearch(pattern)
    while parts.count < most, let range = search.first(in: bytes, from: start) {
      try checkCount(parts.count + 2, place)
      parts.append(Array(bytes[start..<range.lowerBound]))
      start = range.upperBound
    }
    parts.append(Array(bytes[start...]))
    if fromEnd { parts = parts.reversed().map { $0.reversed() } }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// The words between white space, at most so many cuts.
  private func words(
    of text: String,
    atMost limit: Int,
    fromEnd: Bool,
    _ place: Place
  ) throws(JinjaError) -> [String] {
    var scalars = Array(text.unicodeScalars)
    if fromEnd { scalars.reverse() }
    var words: [[Unicode.Scalar]] = []
    var rest = scalars[...]
    while true {
      rest = rest.drop { $0.isPythonSpace }
      guard !rest.isEmpty else { break }
      try checkCount(words.count + 1, place)
      guard words.count < limit else {
        while let last = rest.last, last.isPythonSpace { rest.removeLast() }
        words.append(Array(rest))
        break
      }
      let word = rest.prefix { !$0.isPythonSpace }
      words.append(Array(word))
      rest = rest.dropFirst(word.count)
    }
    if fromEnd { words = words.reversed().map { $0.reversed() } }
    return words.map { scalars in
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return String(view)
    }
  }
}

extension String {
  /// How often a part is there, without overlaps.
  fileprivate func count(of part: String) -> Int {
    guard !part.isEmpty else { return unicodeScalars.count + 1 }
    let (bytes, search) = (Array(utf8), TextSearch(Array(part.utf8)))
    var (start, count) = (0, 0)
    while let range = search.first(in: bytes, from: start) {
      count += 1
      start = range.upperBound
    }
    return count
  }

  /// The first or last place of a part, in scalars; -1 where it is not there.
  fileprivate func place(of part: String, last: Bool) -> Int {
    let (bytes, pattern) = (Array(utf8), Array(part.utf8))
    let found: Int?
    if last {
      found = TextSearch(pattern.reversed()).first(in: bytes.reversed())
        .map { bytes.count - $0.upperBound }
    } else {
      found = TextSearch(pattern).first(in: bytes)?.lowerBound
    }
    return found.map { String(decoding: bytes[..<$0], as: UTF8.self).unicodeScalars.count } ?? -1
  }

  /// Python's `str.title`: a letter after anything that is no letter is in upper case.
  fileprivate var titledAsInPython: String {
    var text = ""
    var follows = false
    let scalars = Array(unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      text += follows ? scalars.lowercased(at: index) : scalar.properties.titlecaseMapping
      follows = scalar.properties.isCased
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var isPythonLetter: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  fileprivate var isPythonDigit: Bool {
    properties.numericType == .decimal || properties.numericType == .digit
  }
}
