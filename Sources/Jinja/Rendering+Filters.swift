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
      try given.only("default")
      let otherwise = given.argument(0, "default") ?? .integer(0)
      if let whole = value.whole { return .integer(whole) }
      if case .float(let number) = value {
        return Int(exactly: number.rounded(.towardZero)).map(Value.integer) ?? otherwise
      }
      guard case .string(let text) = value else { return otherwise }
      let digits = String(text.trimmed(nil)).filter { $0 != "_" }
      if let whole = Int(digits) { return .integer(whole) }
      return Double(digits).flatMap { Int(exactly: $0.rounded(.towardZero)) }.map(Value.integer)
        ?? otherwise
    case .float:
      try given.only("default")
      let otherwise = given.argument(0, "default") ?? .float(0)
      if let number = value.number { return .float(number) }
      guard case .string(let text) = value else { return otherwise }
      return Double(text.trimmed(nil)).map(Value.float) ?? otherwise
    case .abs:
      try given.only()
      if let whole = value.whole, whole > Int.min { return .integer(abs(whole)) }
      if let number = value.number { return .float(abs(number)) }
    default:
      try given.only("precision")
      let precision = try given.whole(0, "precision") ?? 0
      guard let number = value.number else { break }
      guard (0...15).contains(precision) else {
        throw JinjaError(.template, "`round` to \(precision) places is not understood", at: place)
      }
      var scale = 1.0
      for _ in 0..<precision { scale *= 10 }
      return .float((number * scale).rounded(.toNearestOrEven) / scale)
    }
    throw JinjaError(
      .value,
      "`\(filter.rawValue)` needs a number, found \(value.phrase)",
      at: place
    )
  }

  /// The key by which text is compared without its case.
  static func folded(_ value: Value) -> Value {
    if case .string(let text) = value { .string(text.lowercased()) } else { value }
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
