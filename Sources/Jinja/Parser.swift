/// Makes statements of tokens.
///
/// Source: parser.py of Jinja 3.1, whose precedences these are.
struct Parser {
  private let tokens: [Token]
  private var position = 0
  /// How deep what is read is nested.
  private var depth = 0
  /// How many loops are open.
  var loops = 0
  /// Whether there is a `generation` tag.
  private(set) var marksGeneration = false
  /// The names that are called or read as variables.
  private(set) var names: Set<String> = []

  /// The deepest nesting: every level costs room on the stack, when it is read and when it is run.
  static let deepest = 60

  init(_ tokens: [Token]) { self.tokens = tokens }

  // MARK: Tokens

  var current: Token { tokens[min(position, tokens.count - 1)] }

  func ahead(_ count: Int) -> Token { tokens[min(position + count, tokens.count - 1)] }

  mutating func advance() { position += 1 }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(symbol: String) -> Bool {
    guard isSymbol(symbol) else { return false }
    advance()
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard isName(name) else { return false }
    advance()
    return true
  }

  mutating func expect(symbol: String) throws(JinjaError) {
    guard skip(symbol: symbol) else { throw unexpected("`\(symbol)`") }
  }

  mutating func expectName() throws(JinjaError) -> String {
    guard case .name(let name) = current.kind else { throw unexpected("a name") }
    advance()
    return name
  }

  func unexpected(_ expected: String) -> JinjaError {
    JinjaError(.template, "expected \(expected), found \(current.phrase)", at: current.place)
  }

  mutating func note(name: String) { names.insert(name) }

  /// Reads something that is nested.
  mutating func nested<Result>(
    _ body: (inout Parser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> Result {
    guard depth < Self.deepest else {
      throw JinjaError(.limit, "nested more than \(Self.deepest) deep", at: current.place)
    }
    depth += 1
    defer { depth -= 1 }
    return try body(&self)
  }

  // MARK: Statements

  /// All statements of a template.
  mutating func template() throws(JinjaError) -> Body {
    let body = try self.body(until: [])
    guard current.kind == .end else { throw unexpected("the end of the template") }
    return body
  }

  /// Statements up to a tag with one of some names, or to the end; the tag's name is current then.
  mutating func body(until ends: Set<String>) throws(JinjaError) -> Body {
    var body = Body()
    while true {
      let token = current
      switch token.kind {
      case .text(let text):
        advance()
        body.statements.append(TextStatement(place: token.place, text: text))
      case .outputStart:
        advance()
        let value = try tuple()
        guard current.kind == .outputEnd else { throw unexpected("`}}`") }
        advance()
        body.statements.append(Output(value: value))
      case .blockStart:
        advance()
        guard case .name(let name) = current.kind else { throw unexpected("the name of a tag") }
        if ends.contains(name) { return body }
        body.statements.append(
          try nested { (parser) throws(JinjaError) in try parser.statement(name) }
        )
      case .end:
        guard ends.isEmpty else {
          let list = ends.sorted().map { "`{% \($0) %}`" }.joined(separator: " or ")
          throw JinjaError(.template, "expected \(list) before the end", at: token.place)
        }
        return body
      default: throw unexpected("text or a tag")
      }
    }
  }

  mutating func endTag() throws(JinjaError) {
    guard current.kind == .blockEnd else { throw unexpected("`%}`") }
    advance()
  }

  /// The body of a tag, up to its end tag, which is read as well.
  private mutating func body(of name: String) throws(JinjaError) -> Body {
    let body = try self.body(until: ["end\(name)"])
    advance()
    try endTag()
    return body
  }

  private mutating func statement(_ name: String) throws(JinjaError) -> any Statement {
    let place = current.place
    advance()
    switch name {
    case "if": return try choice(place)
    case "for": return try loop(place)
    case "set": return try assignment(place)
    case "macro": return try macro(place)
    case "with": return try with(place)
    case "generation":
      try endTag()
      marksGeneration = true
      return Generation(place: place, body: try body(of: name))
    case "break", "continue":
      guard loops > 0 else {
        throw JinjaError(.template, "`\(name)` is outside of a loop", at: place)
      }
      try endTag()
      return Jump(flow: name == "break" ? .leave : .skip)
    default:
      throw JinjaError(.template, "the tag `\(name)` is not understood", at: place)
    }
  }

  private mutating func choice(_ place: Place) throws(JinjaError) -> any Statement {
    var branches: [(condition: any Expression, body: Body)] = []
    var otherwise = Body()
    var condition = try tuple(allowsConditional: false)
    try endTag()
    while true {
      branches.append((condition, try body(until: ["elif", "else", "endif"])))
      if skip(name: "elif") {
        condition = try tuple(allowsConditional: false)
        try endTag()
        continue
      }
      if skip(name: "else") {
        try endTag()
        otherwise = try body(until: ["endif"])
      }
      advance()
      try endTag()
      return Choice(place: place, branches: branches, otherwise: otherwise)
    }
  }

  private mutating func loop(_ place: Place) throws(JinjaError) -> any Statement {
    let target = try self.target()
    guard skip(name: "in") else { throw unexpected("`in`") }
    let values = try tuple(allowsConditional: false, until: ["if", "recursive"])
    let condition = skip(name: "if") ? try expression() : nil
    if isName("recursive") {
      throw JinjaError(.template, "`recursive` is not understood", at: current.place)
    }
    try endTag()
    loops += 1
    let body = try self.body(until: ["else", "endfor"])
    loops -= 1
    var otherwise: Body?
    if skip(name: "else") {
      try endTag()
      otherwise = try self.body(until: ["endfor"])
    }
    advance()
    try endTag()
    return Loop(
      place: place,
      target: target,
      values: values,
      condition: condition,
      body: body,
      otherwise: otherwise
    )
  }

  private mutating func assignment(_ place: Place) throws(JinjaError) -> any Statement {
    let target = try self.target(allowsAttributes: true)
    if skip(symbol: "=") {
      let value = try tuple()
      try endTag()
      return Assignment(place: place, target: target, value: value)
    }
    var filters: [(filter: Filter, arguments: Arguments)] = []
    while skip(symbol: "|") { filters.append(try filter()) }
    try endTag()
    return BlockAssignment(
      place: place,
      target: target,
      filters: filters,
      body: try apart { (parser) throws(JinjaError) in try parser.body(of: "set") }
    )
  }

  private mutating func macro(_ place: Place) throws(JinjaError) -> any Statement {
    let name = try expectName()
    try expect(symbol: "(")
    var parameters: [(name: String, otherwise: (any Expression)?)] = []
    var used: [(parameter: Int, names: Set<String>)] = []
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(symbol: ",") }
      let parameter = try expectName()
      guard !parameters.contains(where: { $0.name == parameter }) else {
        throw JinjaError(
          .template,
          "the parameter `\(parameter)` is there twice",
          at: current.place
        )
      }
      if skip(symbol: "=") {
        let (value, names) = try noting { (parser) throws(JinjaError) in try parser.expression() }
        parameters.append((parameter, value))
        used.append((parameters.count - 1, names))
      } else if let last = parameters.last, last.otherwise != nil {
        throw unexpected("a default for `\(parameter)`, as those before it have one")
      } else {
        parameters.append((parameter, nil))
      }
    }
    advance()
    try endTag()
    for (parameter, names) in used {
      for (name, _) in parameters[parameter...] where names.contains(name) {
        // What Jinja takes for it depends on which arguments a call leaves out.
        throw JinjaError(
          .template,
          "a default of `\(parameters[parameter].name)` that names the later `\(name)` is not "
            + "understood",
          at: place
        )
      }
    }
    let (body, names) = try noting { (parser) throws(JinjaError) in
      try parser.apart { (parser) throws(JinjaError) in try parser.body(of: "macro") }
    }
    for special in ["caller", "varargs", "kwargs"]
    where names.contains(special) || parameters.contains(where: { $0.name == special }) {
      throw JinjaError(.template, "`\(special)` in a macro is not understood", at: place)
    }
    return MacroStatement(
      place: place,
      definition: MacroDefinition(name: name, parameters: parameters, body: body)
    )
  }

  /// Reads something, and says which variables it names.
  private mutating func noting<Result>(
    _ body: (inout Parser) throws(JinjaError) -> Result
  ) throws(JinjaError) -> (Result, names: Set<String>) {
    let outer = names
    names = []
    let result = try body(&self)
    defer { names.formUnion(outer) }
    return (result, names)
  }

  /// Reads a body that no `break` leaves.
  private mutating func apart(
    _ body: (inout Parser) throws(JinjaError) -> Body
  ) throws(JinjaError) -> Body {
    let outer = loops
    loops = 0
    defer { loops = outer }
    return try body(&self)
  }

  private mutating func with(_ place: Place) throws(JinjaError) -> any Statement {
    var values: [(name: String, value: any Expression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(symbol: ",") }
      let name = try expectName()
      try expect(symbol: "=")
      values.append((name, try expression()))
    }
    try endTag()
    return With(place: place, values: values, body: try body(of: "with"))
  }

  private mutating func target(allowsAttributes: Bool = false) throws(JinjaError) -> Target {
    var targets = [try singleTarget(allowsAttributes)]
    var isTuple = false
    while skip(symbol: ",") {
      isTuple = true
      if isName("in") || isSymbol("=") || current.kind == .blockEnd { break }
      targets.append(try singleTarget(allowsAttributes))
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func singleTarget(_ allowsAttributes: Bool) throws(JinjaError) -> Target {
    if skip(symbol: "(") {
      let target = try nested { (parser) throws(JinjaError) in
        try parser.target(allowsAttributes: allowsAttributes)
      }
      try expect(symbol: ")")
      return target
    }
    let place = current.place
    let name = try expectName()
    guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
      throw JinjaError(.template, "`\(name)` cannot be assigned to", at: place)
    }
    guard allowsAttributes, skip(symbol: ".") else { return .name(name) }
    return .attribute(try expectName(), of: name)
  }
}
