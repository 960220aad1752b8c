/// One rendering of a template: its output, its variables, and how much it may do.
final class Rendering {
  /// The most expressions and statements that are run: more than any chat needs, and over in seconds.
  static let mostSteps = 5_000_000
  /// The most macros inside of one another.
  static let mostCalls = 40
  /// The deepest nesting of all that runs, in expressions and bodies: each costs room on the stack.
  static let deepest = 500
  /// The most bytes of a text, and of the output.
  static let mostBytes = 1 << 26
  /// The most elements of a list, and the most namespaces and macros; `range` gives no more in Jinja's
  /// sandbox either.
  static let mostElements = 100_000

  /// The time that the template is told; nil where nobody said one.
  let time: JinjaTime?
  private var steps = 0
  private var calls = 0
  private var depth = 0
  /// All namespaces and macros, which may hold one another and themselves.
  private var owned: [Value] = []
  /// Output, and on top of it what is captured meanwhile.
  private var outputs = [""]
  private var bytes = [0]
  private(set) var scope = Scope()
  /// The stretches of the output that `generation` tags mark, in bytes.
  private(set) var generated: [Range<Int>] = []
  /// Whether a tag stood where its place in the output is not known.
  private(set) var lostGenerated = false

  init(time: JinjaTime?) { self.time = time }

  /// Remembers a namespace or a macro until the end.
  func own(_ value: Value, _ place: Place) throws(JinjaError) {
    guard owned.count < Self.mostElements else {
      throw JinjaError(
        .limit,
        "the template makes more than \(Self.mostElements) namespaces and macros",
        at: place
      )
    }
    owned.append(value)
  }

  /// Lets go of all that may hold itself.
  func end() {
    for value in owned {
      switch value {
      case .namespace(let namespace): namespace.clear()
      case .macro(let macro): macro.clear()
      default: break
      }
    }
    scope.values = [:]
  }

  /// The text that was written.
  var output: String { outputs[0] }

  /// The value of an expression.
  func evaluate(_ expression: any Expression) throws(JinjaError) -> Value {
    try step(expression.place)
    try enter(expression.place)
    defer { depth -= 1 }
    return try expression.value(in: self)
  }

  /// Runs the statements of a body, up to one that leaves it.
  func run(_ body: Body, _ place: Place) throws(JinjaError) -> Flow {
    try enter(place)
    defer { depth -= 1 }
    for statement in body.statements {
      let flow = try statement.run(in: self)
      if flow != .next { return flow }
    }
    return .next
  }

  /// Goes a level deeper.
  private func enter(_ place: Place) throws(JinjaError) {
    guard depth < Self.deepest else {
      throw JinjaError(.limit, "the template runs more than \(Self.deepest) levels deep", at: place)
    }
    depth += 1
  }

  /// Counts something that is done.
  func step(_ place: Place) throws(JinjaError) {
    steps += 1
    if steps > Self.mostSteps {
      throw JinjaError(.limit, "the template does more than is allowed", at: place)
    }
  }

  /// Counts more work at once, such as that on a long list.
  func steps(_ count: Int, _ place: Place) throws(JinjaError) {
    steps += count
    try step(place)
  }

  /// Writes text.
  func write(_ text: String, _ place: Place) throws(JinjaError) {
    bytes[bytes.count - 1] += text.utf8.count
    try checkSize(bytes[bytes.count - 1], place)
    outputs[outputs.count - 1] += text
  }

  /// Checks that a text of so many bytes may be made.
  func checkSize(_ count: Int, _ place: Place) throws(JinjaError) {
    guard count <= Self.mostBytes else {
      throw JinjaError(.limit, "the template gives more than \(Self.mostBytes) bytes", at: place)
    }
  }

  /// Checks that a list of so many elements may be made.
  func checkCount(_ count: Int, _ place: Place) throws(JinjaError) {
    guard count <= Self.mostElements else {
      throw JinjaError(
        .limit,
        "a list would have more than \(Self.mostElements) elements",
        at: place
      )
    }
  }

  /// What a body writes, instead of writing it.
  func captured(_ body: () throws(JinjaError) -> Void) throws(JinjaError) -> String {
    outputs.append("")
    bytes.append(0)
    do throws(JinjaError) {
      try body()
    } catch {
      outputs.removeLast()
      bytes.removeLast()
      throw error
    }
    bytes.removeLast()
    return outputs.removeLast()
  }

  /// Runs a body whose output was written by the model.
  func generating(_ body: () throws(JinjaError) -> Void) throws(JinjaError) {
    guard outputs.count == 1 else {
      lostGenerated = true
      return try body()
    }
    let start = bytes[0]
    try body()
    generated.append(start..<bytes[0])
  }

  /// Runs a body with variables of its own.
  func inside<Result>(
    _ parent: Scope? = nil,
    _ body: () throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    let outer = scope
    scope = Scope(inside: parent ?? outer)
    defer { scope = outer }
    return try body()
  }

  /// Runs the body of a macro.
  func calling<Result>(
    _ place: Place,
    _ body: () throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    guard calls < Self.mostCalls else {
      throw JinjaError(
        .limit,
        "macros call one another more than \(Self.mostCalls) deep",
        at: place
      )
    }
    calls += 1
    defer { calls -= 1 }
    return try body()
  }

  /// The value of a variable.
  func variable(_ name: String) -> Value {
    var current: Scope? = scope
    while let scope = current {
      if let value = scope.values[name] { return value }
      current = scope.parent
    }
    return Value.Function(rawValue: name).map(Value.function) ?? .undefined(name)
  }
}

/// The variables of a part of a template.
final class Scope {
  var values: [String: Value] = [:]
  let parent: Scope?

  init(inside parent: Scope? = nil) { self.parent = parent }
}

/// Why a body ends before its end.
enum Flow {
  case next
  case leave
  case skip
}
