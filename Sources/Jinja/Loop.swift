/// What `loop` is inside of a `for`.
final class LoopState {
  private let values: Value.List
  fileprivate(set) var index = 0
  private var changedTo: Value.List?

  init(_ values: Value.List) { self.values = values }

  /// The extent of what it goes through, which it holds.
  var extent: Extent {
    var extent = Extent()
    extent.hold(values.extent)
    return extent
  }

  /// An attribute; nil where there is none of that name.
  subscript(name: String) -> Value? {
    switch name {
    case "index": .integer(index + 1)
    case "index0": .integer(index)
    case "revindex": .integer(values.count - index)
    case "revindex0": .integer(values.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == values.count - 1)
    case "length": .integer(values.count)
    // Levels are those of recursive loops, which are not understood.
    case "depth": .integer(1)
    case "depth0": .integer(0)
    case "previtem": index > 0 ? values[index - 1] : .undefined("loop.previtem")
    case "nextitem": index + 1 < values.count ? values[index + 1] : .undefined("loop.nextitem")
    case "cycle", "changed": .method(of: Value.Receiver(.loop(self)), named: name)
    default: nil
    }
  }

  /// One of some values in turn.
  func cycle(_ given: Given) throws(JinjaError) -> Value {
    guard !given.values.isEmpty else {
      throw JinjaError(.template, "`loop.cycle` needs values", at: given.place)
    }
    return given.values[index % given.values.count]
  }

  /// Whether values differ from those of the call before.
  func changed(_ given: Given) -> Value {
    let values = Value.List(given.values)
    let isSame = changedTo.map { Value.list($0).equals(.list(values)) } ?? false
    changedTo = values
    return .bool(!isSame)
  }

  /// Lets go of what it only remembers: a loop that is remembered by another has an end.
  fileprivate func end() { changedTo = nil }
}

/// `{% for target in values if condition %}…{% else %}…{% endfor %}`.
struct Loop: Statement {
  let place: Place
  let target: Target
  let values: any Expression
  let condition: (any Expression)?
  let body: Body
  let otherwise: Body?

  func run(in rendering: Rendering) throws(JinjaError) -> Flow {
    try rendering.step(place)
    var values = try rendering.elements(of: rendering.evaluate(self.values), place)
    if let condition {
      var kept: [Value] = []
      for value in values {
        let isKept = try rendering.inside { () throws(JinjaError) in
          try target.assign(value, in: rendering, place)
          return try rendering.evaluate(condition).isTrue
        }
        if isKept { kept.append(value) }
      }
      values = kept
    }
    guard !values.isEmpty else {
      return try rendering.inside { () throws(JinjaError) in
        guard let otherwise else { return .next }
        return try rendering.run(otherwise, place)
      }
    }
    let state = LoopState(try rendering.bounded(values, place))
    defer { state.end() }
    for (index, value) in values.enumerated() {
      state.index = index
      let flow = try rendering.inside { () throws(JinjaError) in
        rendering.scope.values["loop"] = .loop(state)
        try target.assign(value, in: rendering, place)
        return try rendering.run(body, place)
      }
      if flow == .leave { break }
    }
    return .next
  }
}

/// What a `for` or a `set` writes to.
indirect enum Target: Sendable {
  case name(String)
  case attribute(String, of: String)
  case tuple([Target])

  func assign(_ value: Value, in rendering: Rendering, _ place: Place) throws(JinjaError) {
    switch self {
    case .name(let name): rendering.scope.values[name] = value
    case .attribute(let name, let owner):
      guard case .namespace(let namespace) = rendering.variable(owner) else {
        throw JinjaError(
          .value,
          "`set` can write attributes of a namespace only, and `\(owner)` is none",
          at: place
        )
      }
      try namespace.set(name, to: value, place)
    case .tuple(let targets):
      let values = try rendering.elements(of: value, place)
      guard values.count == targets.count else {
        throw JinjaError(
          .value,
          "expected \(targets.count) values to assign, found \(values.count)",
          at: place
        )
      }
      for (target, value) in zip(targets, values) {
        try target.assign(value, in: rendering, place)
      }
    }
  }
}

extension Rendering {
  /// What a loop over a value goes through.
  func elements(of value: Value, _ place: Place) throws(JinjaError) -> [Value] {
    switch value {
    case .list(let values), .tuple(let values): return values.elements
    case .undefined: return []
    case .string(let text):
      try steps(text.utf8.count / 64, place)
      try checkCount(text.unicodeScalars.count, place)
      return text.unicodeScalars.map { .string(String($0)) }
    case .dictionary(let value): return value.entries.map(\.key)
    default: throw JinjaError(.value, "there are no elements in \(value.phrase)", at: place)
    }
  }
}
