/// `value.name`.
struct Attribute: Expression {
  let place: Place
  let owner: any Expression
  let name: String

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    try rendering.attribute(name, of: rendering.evaluate(owner), place)
  }
}

/// `value[index]`.
struct Item: Expression {
  let place: Place
  let owner: any Expression
  let index: any Expression

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let owner = try rendering.evaluate(owner)
    return try rendering.item(rendering.evaluate(index), of: owner, place)
  }
}

/// `value[start:stop:step]`.
struct Slicing: Expression {
  let place: Place
  let owner: any Expression
  let start: (any Expression)?
  let stop: (any Expression)?
  let step: (any Expression)?

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let owner = try rendering.evaluate(owner)
    let bounds = (
      try bound(start, rendering), try bound(stop, rendering), try bound(step, rendering)
    )
    guard bounds.2 != 0 else {
      throw JinjaError(.value, "the step of a slice must not be 0", at: place)
    }
    switch owner {
    case .string(let text):
      try rendering.steps(text.utf8.count / 64, place)
      let scalars = Array(text.unicodeScalars)
      var view = String.UnicodeScalarView()
      for index in Self.indices(of: scalars.count, bounds) { view.append(scalars[index]) }
      return .string(String(view))
    case .list(let values):
      return try rendering.list(Self.indices(of: values.count, bounds).map { values[$0] }, place)
    case .tuple(let values):
      let chosen = Self.indices(of: values.count, bounds).map { values[$0] }
      return .tuple(try rendering.bounded(chosen, place))
    case .undefined(let name): throw JinjaError(.value, "`\(name)` is undefined", at: place)
    // Jinja answers so where something has no slices.
    default: return .undefined("a slice of \(owner.phrase)")
    }
  }

  private func bound(
    _ expression: (any Expression)?,
    _ rendering: Rendering
  ) throws(JinjaError) -> Int? {
    guard let expression else { return nil }
    let value = try rendering.evaluate(expression)
    if case .none = value { return nil }
    guard let whole = value.whole else {
      throw JinjaError(.value, "a slice needs whole numbers, found \(value.phrase)", at: place)
    }
    return whole
  }

  /// Python's `slice.indices`, as a list.
  private static func indices(of count: Int, _ bounds: (Int?, Int?, Int?)) -> [Int] {
    let step = bounds.2 ?? 1
    let (lower, upper) = step > 0 ? (0, count) : (-1, count - 1)
    func clamped(_ bound: Int?, _ otherwise: Int) -> Int {
      guard let bound else { return otherwise }
      return min(max(bound < 0 ? bound + count : bound, lower), upper)
    }
    let start = clamped(bounds.0, step > 0 ? lower : upper)
    let stop = clamped(bounds.1, step > 0 ? upper : lower)
    var found: [Int] = []
    var index = start
    while step > 0 ? index < stop : index > stop {
      found.append(index)
      let next = index.addingReportingOverflow(step)
      if next.overflow { break }
      index = next.partialValue
    }
    return found
  }
}

extension Rendering {
  /// An attribute of a value, or else the item with that key.
  func attribute(_ name: String, of owner: Value, _ place: Place) throws(JinjaError) -> Value {
    if let method = try method(name, of: owner, place) { return method }
    switch owner {
    case .undefined(let other):
      throw JinjaError(.value, "`\(other)` is undefined, so it has no `\(name)`", at: place)
    case .dictionary(let value): return value[name] ?? .undefined(name)
    case .namespace(let value): return value.attributes[name] ?? .undefined(name)
    case .loop(let loop): return loop[name] ?? .undefined("loop.\(name)")
    default: return .undefined(name)
    }
  }

  /// The item at an index or with a key, or else the attribute of that name.
  func item(_ index: Value, of owner: Value, _ place: Place) throws(JinjaError) -> Value {
    switch (owner, index) {
    case (.undefined(let other), _):
      throw JinjaError(.value, "`\(other)` is undefined, so nothing is in it", at: place)
    case (.dictionary(let value), _):
      if let found = Value.Key(index).flatMap({ value[$0] }) { return found }
    case (.list(let values), _) where index.whole != nil,
      (.tuple(let values), _) where index.whole != nil:
      return Self.element(index.whole ?? 0, of: values.count).map { values[$0] }
        ?? .undefined("element \(index.text)")
    case (.string(let text), _) where index.whole != nil:
      let scalars = text.unicodeScalars
      try steps(scalars.count / 64, place)
      guard let place = Self.element(index.whole ?? 0, of: scalars.count) else {
        return .undefined("element \(index.text)")
      }
      return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: place)]))
    default: break
    }
    if case .string(let name) = index { return try attribute(name, of: owner, place) }
    return .undefined(index.text)
  }

  private static func element(_ index: Int, of count: Int) -> Int? {
    let place = index < 0 ? index + count : index
    return (0..<count).contains(place) ? place : nil
  }
}
