extension Rendering {
  /// What a filter makes of a value.
  func apply(_ filter: Filter, to value: Value, _ given: Given) throws(JinjaError) -> Value {
    let place = given.place
    switch filter {
    case .trim, .upper, .lower, .capitalize, .title, .replace, .indent, .string, .safe, .tojson:
      return try textFilter(filter, value, given)
    case .int, .float, .abs, .round: return try numberFilter(filter, value, given)
    case .default, .d:
      try given.only("default_value", "boolean")
      let replaces =
        value.isUndefined || (given.argument(1, "boolean")?.isTrue ?? false) && !value.isTrue
      return replaces ? given.argument(0, "default_value") ?? .string("") : value
    case .length, .count:
      try given.only()
      switch value {
      case .string(let text):
        try steps(text.utf8.count / 64, place)
        return .integer(text.unicodeScalars.count)
      case .list, .tuple, .dictionary, .undefined:
        return .integer(try elements(of: value, place).count)
      default: throw JinjaError(.value, "\(value.phrase) has no length", at: place)
      }
    case .items:
      try given.only()
      if case .undefined = value { return .list(Value.List([])) }
      guard case .dictionary(let dictionary) = value else {
        throw JinjaError(.value, "`items` needs a dictionary, found \(value.phrase)", at: place)
      }
      return try list(dictionary.entries.map { .tuple(Value.List([$0.key, $0.value])) }, place)
    case .dictsort:
      try given.only()
      guard case .dictionary(let dictionary) = value else {
        throw JinjaError(.value, "`dictsort` needs a dictionary, found \(value.phrase)", at: place)
      }
      let pairs = dictionary.entries.map {
        (Self.folded($0.key), Value.tuple(Value.List([$0.key, $0.value])))
      }
      return try list(sorted(pairs, place), place)
    case .first, .last, .list, .reverse, .join, .sum, .min, .max, .sort, .unique, .map, .select,
      .reject, .selectattr, .rejectattr:
      return try listFilter(filter, value, given)
    }
  }

  private func numberFilter(
    _ filter: Filter,
    _ value: Value,
    _ given: Given
  ) throws(JinjaError) -> Value {
    let place = given.place
    switch filter {
    case .int:
      return try whole(of: value, given)
    case .float:
      try given.only("default")
      let otherwise = given.argument(0, "default") ?? .float(0)
      if let number = value.number { return .float(number) }
      if case .undefined = value { break }
      guard case .string(let text) = value else { return otherwise }
      return text.numberAsInPython.map(Value.float) ?? otherwise
    case .abs:
      try given.only()
      if let whole = value.whole, whole > Int.min { return .integer(abs(whole)) }
      if let number = value.number { return .float(abs(number)) }
    default:
      if let rounded = try rounded(value, given) { return rounded }
    }
    throw JinjaError(
      .value,
      "`\(filter.rawValue)` needs a number, found \(value.phrase)",
      at: place
    )
  }

  /// Python's `int` of a value, or of the number that its text stands for; else the default.
  private func whole(of value: Value, _ given: Given) throws(JinjaError) -> Value {
    try given.only("default", "base")
    let otherwise = given.argument(0, "default") ?? .integer(0)
    let base = try given.whole(1, "base") ?? 10
    if let whole = value.whole { return .integer(whole) }
    var number: Double?
    switch value {
    case .float(let own):
      guard !own.isInfinite else { throw beyondWholeNumbers(given) }
      number = own
    case .string(let text):
      switch text.wholeNumberAsInPython(base: base) {
      case .value(let whole): return .integer(whole)
      case .tooLarge: throw beyondWholeNumbers(given)
      case nil: number = text.numberAsInPython
      }
    case .undefined:
      throw JinjaError(.value, "`int` needs a number, found \(value.phrase)", at: given.place)
    default: break
    }
    guard let number, number.isFinite else { return otherwise }
    return try whole(number, given)
  }

  /// A number without what is after its point.
  private func whole(_ number: Double, _ given: Given) throws(JinjaError) -> Value {
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw beyondWholeNumbers(given)
    }
    return .integer(whole)
  }

  private func beyondWholeNumbers(_ given: Given) -> JinjaError {
    JinjaError(.value, "`\(given.owner)` gives a number beyond 64 bits", at: given.place)
  }

  /// Jinja's `round`; nil for what is not a number.
  private func rounded(_ value: Value, _ given: Given) throws(JinjaError) -> Value? {
    try given.only("precision", "method")
    let precision = try given.whole(0, "precision") ?? 0
    let method = try given.text(1, "method") ?? "common"
    guard ["common", "ceil", "floor"].contains(method) else {
      throw JinjaError(
        .value,
        "the method of `round` must be `common`, `ceil` or `floor`, found `\(method)`",
        at: given.place
      )
    }
    guard let number = value.number else { return nil }
    guard method == "common" else {
      let rule: FloatingPointRoundingRule = method == "ceil" ? .up : .down
      // A whole number has nothing to round but before its point.
      if let whole = value.whole, precision >= 0 { return .float(Double(whole)) }
      guard let scale = Double("1e\(precision)"), scale.isFinite, scale > 0,
        (number * scale).isFinite
      else { throw JinjaError(.value, "`round` cannot take \(precision) places", at: given.place) }
      // A zero has no sign there.
      return .float((number * scale).rounded(rule) / scale + 0)
    }
    if let whole = value.whole {
      guard let rounded = whole.roundedAsInPython(toPlaces: precision) else {
        throw beyondWholeNumbers(given)
      }
      return .integer(rounded)
    }
    if case .none? = given.argument(0, "precision") {
      guard number.isFinite else { throw beyondWholeNumbers(given) }
      return try self.whole(number.rounded(.toNearestOrEven), given)
    }
    guard let rounded = number.roundedAsInPython(toPlaces: precision) else {
      throw JinjaError(
        .value,
        "`round` gives a number beyond all that a float holds",
        at: given.place
      )
    }
    return .float(rounded)
  }

  /// The key by which text is compared without its case.
  static func folded(_ value: Value) -> Value {
    if case .string(let text) = value { .string(text.lowercasedAsInPython) } else { value }
  }

  /// Values in the order of their keys; those with equal keys stay as they are.
  func sorted(_ pairs: [(key: Value, value: Value)], _ place: Place) throws(JinjaError) -> [Value] {
    for pair in pairs.dropFirst() where pair.key.precedes(pairs[0].key) == nil {
      throw JinjaError(
        .value,
        "\(pair.key.phrase) and \(pairs[0].key.phrase) have no order",
        at: place
      )
    }
    try steps(pairs.reduce(0) { $0 + $1.key.extent.steps } * 16, place)
    return pairs.enumerated().sorted { one, other in
      if one.element.key.precedes(other.element.key) ?? false { return true }
      if other.element.key.precedes(one.element.key) ?? false { return false }
      return one.offset < other.offset
    }.map(\.element.value)
  }
}
