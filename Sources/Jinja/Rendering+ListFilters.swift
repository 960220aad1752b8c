extension Rendering {
  /// What a filter makes of a text, which may be longer than a list; nil for filters that make a list of it.
  private func characters(
    _ filter: Filter,
    _ text: String,
    _ given: Given
  ) throws(JinjaError) -> Value? {
    switch filter {
    case .first, .last:
      try given.only()
      let found = filter == .first ? text.unicodeScalars.first : text.unicodeScalars.last
      return found.map { .string(String($0)) } ?? .undefined("the \(filter.rawValue) of nothing")
    case .reverse:
      try given.only()
      try steps(text.utf8.count / 64, given.place)
      return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
    default: return nil
    }
  }

  /// What a filter makes of the elements of a value.
  func listFilter(
    _ filter: Filter,
    _ value: Value,
    _ given: Given
  ) throws(JinjaError) -> Value {
    let place = given.place
    if case .string(let text) = value, let found = try characters(filter, text, given) {
      return found
    }
    let values = try elements(of: value, place)
    try steps(values.count, place)
    switch filter {
    case .first, .last:
      try given.only()
      let found = filter == .first ? values.first : values.last
      return found ?? .undefined("the \(filter.rawValue) of nothing")
    case .list:
      try given.only()
      return try list(values, place)
    case .reverse:
      try given.only()
      return try list(values.reversed(), place)
    case .join:
      try given.only("d", "attribute")
      let separator = try given.argument(0, "d").map { (value) throws(JinjaError) in
        try text(of: value, place)
      }
      var parts: [String] = []
      for value in try attributes(of: values, given.argument(1, "attribute"), place) {
        parts.append(try text(of: value, place))
      }
      return .string(try joined(parts, by: separator ?? "", place))
    case .sum:
      try given.only("attribute", "start")
      var sum = given.argument(1, "start") ?? .integer(0)
      for value in try attributes(of: values, given.argument(0, "attribute"), place) {
        sum = try combine(sum, "+", value, place)
      }
      return sum
    case .min, .max, .sort, .unique: return try ordered(filter, values, given)
    case .map: return try list(mapped(values, given), place)
    default: return try list(selected(filter, values, given), place)
    }
  }

  private func ordered(
    _ filter: Filter,
    _ values: [Value],
    _ given: Given
  ) throws(JinjaError) -> Value {
    let names =
      filter == .sort
      ? ("reverse", "case_sensitive", "attribute") : ("case_sensitive", "attribute", "")
    if filter == .sort {
      try given.only("reverse", "case_sensitive", "attribute")
    } else {
      try given.only("case_sensitive", "attribute")
    }
    let offset = filter == .sort ? 1 : 0
    let keepsCase = given.argument(offset, "case_sensitive")?.isTrue ?? false
    let attribute = given.argument(offset + 1, "attribute")
    let keys = try attributes(of: values, attribute, given.place).map {
      keepsCase ? $0 : Self.folded($0)
    }
    let pairs = zip(keys, values).map { (key: $0, value: $1) }
    if filter == .unique {
      var known: Set<Value.Key> = []
      var kept: [Value] = []
      for pair in pairs where known.insert(try key(pair.key, given.place)).inserted {
        kept.append(pair.value)
      }
      return try list(kept, given.place)
    }
    var found = try sorted(pairs, given.place)
    if filter == .sort, given.argument(0, names.0)?.isTrue ?? false {
      // Python keeps the order of equal elements when it sorts the other way round.
      let reversed = Array(pairs.reversed())
      found = try sorted(reversed, given.place).reversed()
    }
    switch filter {
    case .sort: return try list(found, given.place)
    case .min: return found.first ?? .undefined("the smallest of nothing")
    default:
      // Of equal ones the first.
      guard let last = found.last else { return .undefined("the largest of nothing") }
      guard let key = pairs.last(where: { $0.value.equals(last) })?.key else { return last }
      return pairs.first { $0.key.equals(key) }?.value ?? last
    }
  }

  private func mapped(_ values: [Value], _ given: Given) throws(JinjaError) -> [Value] {
    if let attribute = given.named.first(where: { $0.name == "attribute" })?.value {
      for (name, _) in given.named where name != "attribute" && name != "default" {
        throw JinjaError(.template, "`map` has no argument `\(name)`", at: given.place)
      }
      let otherwise = given.named.first { $0.name == "default" }?.value
      return try attributes(of: values, attribute, given.place).map { value in
        value.isUndefined ? otherwise ?? value : value
      }
    }
    guard case .string(let name)? = given.values.first, let filter = Filter(rawValue: name) else {
      let found = given.values.first?.text ?? ""
      throw JinjaError(.template, "`map` knows no filter `\(found)`", at: given.place)
    }
    var rest = Given(owner: name, place: given.place)
    rest.values = Array(given.values.dropFirst())
    rest.named = given.named
    var found: [Value] = []
    for value in values { found.append(try apply(filter, to: value, rest)) }
    return found
  }

  private func selected(
    _ filter: Filter,
    _ values: [Value],
    _ given: Given
  ) throws(JinjaError) -> [Value] {
    let hasAttribute = filter == .selectattr || filter == .rejectattr
    let isKept = filter == .select || filter == .selectattr
    guard given.named.isEmpty, !hasAttribute || !given.values.isEmpty else {
      throw JinjaError(.template, "`\(filter.rawValue)` needs an attribute", at: given.place)
    }
    let keys = hasAttribute ? try attributes(of: values, given.values[0], given.place) : values
    let arguments = given.values.dropFirst(hasAttribute ? 1 : 0)
    var test: Test?
    if let name = arguments.first {
      guard case .string(let name) = name, let known = Test(named: name) else {
        throw JinjaError(
          .template,
          "`\(filter.rawValue)` knows no test `\(name.text)`",
          at: given.place
        )
      }
      test = known
    }
    var rest = Given(owner: test?.rawValue ?? "", place: given.place)
    rest.values = Array(arguments.dropFirst())
    var found: [Value] = []
    for (key, value) in zip(keys, values) {
      let holds = if let test { try holds(test, of: key, rest) } else { key.isTrue }
      if holds == isKept { found.append(value) }
    }
    return found
  }

  /// An attribute of each value, which may be a path such as `a.b.0`; the values where it is nil.
  private func attributes(
    of values: [Value],
    _ attribute: Value?,
    _ place: Place
  ) throws(JinjaError) -> [Value] {
    guard let attribute else { return values }
    var steps: [Value] = []
    switch attribute {
    case .none: return values
    case .integer: steps = [attribute]
    case .string(let path):
      steps = path.split(separator: ".", omittingEmptySubsequences: false).map { part in
        Int(part).map(Value.integer) ?? .string(String(part))
      }
    default:
      throw JinjaError(.value, "an attribute needs a name, found \(attribute.phrase)", at: place)
    }
    var found: [Value] = []
    for value in values {
      var value = value
      for step in steps { value = try item(step, of: value, place) }
      found.append(value)
    }
    return found
  }
}
