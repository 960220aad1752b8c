/// The arguments of a call, a filter or a test.
struct Arguments: Sendable {
  var values: [any Expression] = []
  var named: [(name: String, value: any Expression)] = []

  func evaluated(
    in rendering: Rendering,
    of owner: String,
    _ place: Place
  ) throws(JinjaError) -> Given {
    var given = Given(owner: owner, place: place)
    for value in values { given.values.append(try rendering.evaluate(value)) }
    for (name, value) in named { given.named.append((name, try rendering.evaluate(value))) }
    return given
  }
}

/// What a function, a filter or a test is given.
struct Given {
  /// What messages call whatever is given it.
  let owner: String
  let place: Place
  var values: [Value] = []
  var named: [(name: String, value: Value)] = []

  /// Checks that there are no other arguments than these, the first of which need no name.
  func only(_ names: String...) throws(JinjaError) {
    if values.count > names.count {
      throw JinjaError(
        .template,
        "`\(owner)` takes at most \(names.count) arguments, found \(values.count)",
        at: place
      )
    }
    for (name, _) in named where !names.dropFirst(values.count).contains(name) {
      throw JinjaError(.template, "`\(owner)` has no argument `\(name)` left", at: place)
    }
  }

  /// An argument by its place or its name.
  func argument(_ index: Int, _ name: String) -> Value? {
    index < values.count ? values[index] : named.first { $0.name == name }?.value
  }

  /// An argument that has to be text; nil where it is left out or `none`.
  func text(_ index: Int, _ name: String) throws(JinjaError) -> String? {
    switch argument(index, name) {
    case nil, Value.none?: return nil
    case .string(let text): return text
    case let other?:
      throw JinjaError(
        .value,
        "`\(name)` of `\(owner)` needs text, found \(other.phrase)",
        at: place
      )
    }
  }

  /// An argument that has to be a whole number; nil where it is left out or `none`.
  func whole(_ index: Int, _ name: String) throws(JinjaError) -> Int? {
    guard let value = argument(index, name) else { return nil }
    if case .none = value { return nil }
    guard let whole = value.whole else {
      throw JinjaError(
        .value,
        "`\(name)` of `\(owner)` needs a whole number, found \(value.phrase)",
        at: place
      )
    }
    return whole
  }

  /// An argument that has to be there.
  func required(_ index: Int, _ name: String) throws(JinjaError) -> Value {
    guard let value = argument(index, name) else {
      throw JinjaError(.template, "`\(owner)` needs `\(name)`", at: place)
    }
    return value
  }
}

/// `function(…)`.
struct Call: Expression {
  let place: Place
  let function: any Expression
  let arguments: Arguments

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let callee = try rendering.evaluate(function)
    switch callee {
    case .undefined(let name):
      throw JinjaError(.value, "`\(name)` is undefined, so it cannot be called", at: place)
    case .function(let function):
      let given = try arguments.evaluated(in: rendering, of: function.rawValue, place)
      return try rendering.call(function, given)
    case .method(let receiver, let name):
      let given = try arguments.evaluated(in: rendering, of: name, place)
      return try rendering.call(name, of: receiver.value, given)
    case .macro(let macro):
      let given = try arguments.evaluated(in: rendering, of: macro.definition.name, place)
      return try macro.call(given, in: rendering)
    default: throw JinjaError(.value, "\(callee.phrase) cannot be called", at: place)
    }
  }
}

/// `value | filter(…)`.
struct Filtered: Expression {
  let place: Place
  let operand: any Expression
  let filter: Filter
  let arguments: Arguments

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let value = try rendering.evaluate(operand)
    let given = try arguments.evaluated(in: rendering, of: filter.rawValue, place)
    return try rendering.apply(filter, to: value, given)
  }
}

/// `value is test(…)`.
struct Tested: Expression {
  let place: Place
  let operand: any Expression
  let test: Test
  let arguments: Arguments
  let isNegated: Bool

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let value = try rendering.evaluate(operand)
    let given = try arguments.evaluated(in: rendering, of: test.rawValue, place)
    return .bool(try rendering.holds(test, of: value, given) != isNegated)
  }
}

extension Rendering {
  /// Calls a function of templates.
  func call(_ function: Value.Function, _ given: Given) throws(JinjaError) -> Value {
    let place = given.place
    switch function {
    case .range:
      try given.only("start", "stop", "step")
      var bounds: [Int] = []
      for index in given.values.indices { bounds.append(try given.whole(index, "bound") ?? 0) }
      guard !bounds.isEmpty, given.named.isEmpty else {
        throw JinjaError(.template, "`range` needs one to three numbers", at: place)
      }
      let step = bounds.count > 2 ? bounds[2] : 1
      guard step != 0 else {
        throw JinjaError(.value, "the step of `range` must not be 0", at: place)
      }
      let (start, stop) = bounds.count > 1 ? (bounds[0], bounds[1]) : (0, bounds[0])
      var values: [Value] = []
      for number in stride(from: start, to: stop, by: step) {
        try checkCount(values.count + 1, place)
        values.append(.integer(number))
      }
      return try list(values, place)
    case .dict: return .dictionary(try dictionary(given))
    case .namespace:
      let namespace = Value.Namespace()
      for entry in try dictionary(given).entries {
        guard case .string(let name) = entry.key else {
          throw JinjaError(
            .value,
            "names in a namespace are text, found \(entry.key.phrase)",
            at: place
          )
        }
        try namespace.set(name, to: entry.value, place)
      }
      try own(.namespace(namespace), place)
      return .namespace(namespace)
    case .raiseException:
      try given.only("message")
      throw JinjaError(.raised, try text(of: given.required(0, "message"), place), at: place)
    case .strftimeNow:
      try given.only("format")
      let format = try text(of: given.required(0, "format"), place)
      guard let time else {
        throw JinjaError(.time, "the template asks for the time, and none is given", at: place)
      }
      switch time.formatted(format) {
      case .success(let text): return .string(text)
      case .failure(let unknown):
        throw JinjaError(
          .template,
          "`\(unknown.text)` in a format of `strftime_now` is not understood",
          at: place
        )
      }
    }
  }

  private func dictionary(_ given: Given) throws(JinjaError) -> Value.Dictionary {
    var found = Value.Dictionary()
    for value in given.values {
      switch value {
      case .dictionary(let other):
        try steps(other.entries.count, given.place)
        for entry in other.entries {
          try put(entry.value, at: entry.key, of: &found, given.place)
        }
      case .list(let pairs), .tuple(let pairs):
        for pair in pairs {
          switch pair {
          case .list(let parts) where parts.count == 2, .tuple(let parts) where parts.count == 2:
            try put(parts[1], at: parts[0], of: &found, given.place)
          default:
            throw JinjaError(
              .value,
              "`\(given.owner)` needs pairs, found \(pair.phrase)",
              at: given.place
            )
          }
        }
      default:
        throw JinjaError(
          .value,
          "`\(given.owner)` needs a dictionary, found \(value.phrase)",
          at: given.place
        )
      }
    }
    for (name, value) in given.named {
      try put(value, at: .string(name), of: &found, given.place)
    }
    return found
  }
}
