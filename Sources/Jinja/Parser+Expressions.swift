extension Parser {
  /// One expression, or several with commas between them.
  mutating func tuple(
    allowsConditional: Bool = true,
    until ends: Set<String> = [],
    isInBrackets: Bool = false
  ) throws(JinjaError) -> any Expression {
    let place = current.place
    var elements: [any Expression] = []
    var isTuple = false
    while true {
      if !elements.isEmpty { try expect(symbol: ",") }
      if isTupleEnd(ends) { break }
      elements.append(try allowsConditional ? expression() : alternatives())
      guard isSymbol(",") else { break }
      isTuple = true
    }
    guard !isTuple, let element = elements.first else {
      guard isTuple || isInBrackets else { throw unexpected("a value") }
      return ListLiteral(place: place, elements: elements, isTuple: true)
    }
    return element
  }

  private func isTupleEnd(_ ends: Set<String>) -> Bool {
    switch current.kind {
    case .outputEnd, .blockEnd, .symbol(")"), .end: true
    case .name(let name): ends.contains(name)
    default: false
    }
  }

  /// `value if condition else other`, or what binds tighter.
  mutating func expression() throws(JinjaError) -> any Expression {
    try nested { (parser) throws(JinjaError) in
      let start = parser.current.place
      var value = try parser.alternatives()
      var links = 0
      while parser.isName("if") {
        let place = parser.current.place
        parser.advance()
        try parser.count(&links, of: start)
        let condition = try parser.alternatives()
        let other = parser.skip(name: "else") ? try parser.expression() : nil
        value = Conditional(place: place, condition: condition, value: value, other: other)
      }
      return value
    }
  }

  /// `or`.
  mutating func alternatives() throws(JinjaError) -> any Expression {
    let place = current.place
    var operands = [try conjunction()]
    while skip(name: "or") { operands.append(try conjunction()) }
    return operands.count == 1
      ? operands[0] : Logical(place: place, isAnd: false, operands: operands)
  }

  private mutating func conjunction() throws(JinjaError) -> any Expression {
    let place = current.place
    var operands = [try negation()]
    while skip(name: "and") { operands.append(try negation()) }
    return operands.count == 1
      ? operands[0] : Logical(place: place, isAnd: true, operands: operands)
  }

  private mutating func negation() throws(JinjaError) -> any Expression {
    let place = current.place
    guard skip(name: "not") else { return try comparison() }
    return try nested { (parser) throws(JinjaError) in
      Prefix(place: place, operation: .not, operand: try parser.negation())
    }
  }

  private mutating func comparison() throws(JinjaError) -> any Expression {
    let place = current.place
    let first = try sum()
    var others: [(operation: String, operand: any Expression)] = []
    while true {
      switch current.kind {
      case .symbol(let symbol) where ["==", "!=", "<", "<=", ">", ">="].contains(symbol):
        advance()
        others.append((symbol, try sum()))
        continue
      case .name("in"):
        advance()
        others.append(("in", try sum()))
        continue
      case .name("not") where ahead(1).kind == .name("in"):
        advance()
        advance()
        others.append(("not in", try sum()))
        continue
      default: break
      }
      return others.isEmpty ? first : Comparison(place: place, first: first, others: others)
    }
  }

  /// `+` and `-`.
  private mutating func sum() throws(JinjaError) -> any Expression {
    try chain(["+", "-"]) { (parser) throws(JinjaError) in
      // `~`
      try parser.chain(["~"]) { (parser) throws(JinjaError) in
        try parser.chain(["*", "/", "//", "%"]) { (parser) throws(JinjaError) in
          try parser.chain(["**"]) { (parser) throws(JinjaError) in try parser.unary() }
        }
      }
    }
  }

  private mutating func chain(
    _ symbols: [String],
    _ operand: (inout Parser) throws(JinjaError) -> any Expression
  ) throws(JinjaError) -> any Expression {
    let place = current.place
    let first = try operand(&self)
    var others: [(operation: String, operand: any Expression)] = []
    while case .symbol(let symbol) = current.kind, symbols.contains(symbol) {
      advance()
      others.append((symbol, try operand(&self)))
    }
    if others.contains(where: { $0.operation != "~" }),
      ([first] + others.map(\.operand)).contains(where: { ($0 as? Filtered)?.filter == .safe })
    {
      // Jinja would escape the other operands as HTML.
      throw JinjaError(.template, "an operation on what `safe` gives is not understood", at: place)
    }
    return others.isEmpty ? first : Arithmetic(place: place, first: first, others: others)
  }

  private mutating func unary(hasFilters: Bool = true) throws(JinjaError) -> any Expression {
    let place = current.place
    var value: any Expression
    if isSymbol("-") || isSymbol("+") {
      let isMinus = isSymbol("-")
      advance()
      let operand = try nested { (parser) throws(JinjaError) in
        try parser.unary(hasFilters: false)
      }
      value = Prefix(place: place, operation: isMinus ? .minus : .plus, operand: operand)
    } else {
      value = try primary()
    }
    var links = 0
    while let next = try link(after: value, hasFilters) {
      value = next
      try count(&links, of: place)
    }
    return value
  }

  /// Counts a link of a chain in which each is evaluated inside of the next.
  private func count(_ links: inout Int, of place: Place) throws(JinjaError) {
    links += 1
    guard links <= Self.deepest else {
      throw JinjaError(.limit, "more than \(Self.deepest) parts in one chain", at: place)
    }
  }

  /// What follows a value and makes another of it; nil where nothing does.
  private mutating func link(
    after value: any Expression,
    _ hasFilters: Bool
  ) throws(JinjaError) -> (any Expression)? {
    let place = current.place
    switch current.kind {
    case .symbol("."):
      advance()
      if case .integer(let index) = current.kind {
        advance()
        let index = Literal(place: place, constant: .integer(index))
        return Item(place: place, owner: value, index: index)
      }
      return Attribute(place: place, owner: value, name: try expectName())
    case .symbol("["):
      advance()
      return try subscription(of: value, place)
    case .symbol("("):
      return Call(place: place, function: value, arguments: try arguments())
    case .symbol("|") where hasFilters:
      advance()
      let (filter, arguments) = try filter()
      return Filtered(place: place, operand: value, filter: filter, arguments: arguments)
    case .name("is") where hasFilters:
      advance()
      return try test(of: value, place)
    default: return nil
    }
  }

  private mutating func subscription(
    of value: any Expression,
    _ place: Place
  ) throws(JinjaError) -> any Expression {
    let start = isSymbol(":") ? nil : try expression()
    guard skip(symbol: ":") else {
      guard let start else { throw unexpected("an index") }
      try expect(symbol: "]")
      return Item(place: place, owner: value, index: start)
    }
    let stop = isSymbol(":") || isSymbol("]") ? nil : try expression()
    var step: (any Expression)?
    if skip(symbol: ":"), !isSymbol("]") { step = try expression() }
    try expect(symbol: "]")
    return Slicing(place: place, owner: value, start: start, stop: stop, step: step)
  }

  mutating func filter() throws(JinjaError) -> (Filter, Arguments) {
    let place = current.place
    let name = try expectName()
    guard let filter = Filter(rawValue: name) else {
      throw JinjaError(.template, "the filter `\(name)` is not understood", at: place)
    }
    return (filter, isSymbol("(") ? try arguments() : Arguments())
  }

  private mutating func test(
    of value: any Expression,
    _ place: Place
  ) throws(JinjaError) -> any Expression {
    let isNegated = skip(name: "not")
    let namePlace = current.place
    let name = try expectName()
    guard let test = Test(named: name) else {
      throw JinjaError(.template, "the test `\(name)` is not understood", at: namePlace)
    }
    var arguments = Arguments()
    switch current.kind {
    case .symbol("("): arguments = try self.arguments()
    case .symbol("["), .symbol("{"), .string, .integer, .float:
      arguments.values = [try operandOfTest()]
    case .name(let name) where !["else", "or", "and", "is", "if"].contains(name):
      // As Jinja: `x is none if …` is no argument, though `if` is a name.
      arguments.values = [try operandOfTest()]
    default: break
    }
    return Tested(
      place: place,
      operand: value,
      test: test,
      arguments: arguments,
      isNegated: isNegated
    )
  }

  private mutating func operandOfTest() throws(JinjaError) -> any Expression {
    let place = current.place
    var value = try primary()
    var links = 0
    while isSymbol(".") || isSymbol("[") || isSymbol("("),
      let next = try link(after: value, false)
    {
      value = next
      try count(&links, of: place)
    }
    return value
  }

  private mutating func arguments() throws(JinjaError) -> Arguments {
    try expect(symbol: "(")
    var arguments = Arguments()
    var isFirst = true
    while !isSymbol(")") {
      if !isFirst { try expect(symbol: ",") }
      isFirst = false
      if isSymbol(")") { break }
      guard !isSymbol("*"), !isSymbol("**") else {
        throw JinjaError(.template, "arguments with `*` are not understood", at: current.place)
      }
      if case .name(let name) = current.kind, ahead(1).kind == .symbol("=") {
        advance()
        advance()
        guard !arguments.named.contains(where: { $0.name == name }) else {
          throw JinjaError(.template, "the argument `\(name)` is given twice", at: current.place)
        }
        arguments.named.append((name, try expression()))
      } else if arguments.named.isEmpty {
        arguments.values.append(try expression())
      } else {
        throw unexpected("a name before the value, as those before it have one")
      }
    }
    advance()
    return arguments
  }

  private mutating func primary() throws(JinjaError) -> any Expression {
    let place = current.place
    switch current.kind {
    case .name(let name):
      advance()
      switch name {
      case "true", "True": return Literal(place: place, constant: .bool(true))
      case "false", "False": return Literal(place: place, constant: .bool(false))
      case "none", "None": return Literal(place: place, constant: .none)
      default:
        note(name: name)
        return Variable(place: place, name: name)
      }
    case .string(var text):
      advance()
      while case .string(let more) = current.kind {
        text += more
        advance()
      }
      return Literal(place: place, constant: .string(text))
    case .integer(let number):
      advance()
      return Literal(place: place, constant: .integer(number))
    case .float(let number):
      advance()
      return Literal(place: place, constant: .float(number))
    case .symbol("("):
      advance()
      let value = try nested { (parser) throws(JinjaError) in
        try parser.tuple(isInBrackets: true)
      }
      try expect(symbol: ")")
      return value
    case .symbol("["):
      advance()
      var elements: [any Expression] = []
      while !isSymbol("]") {
        if !elements.isEmpty { try expect(symbol: ",") }
        if isSymbol("]") { break }
        elements.append(try expression())
      }
      advance()
      return ListLiteral(place: place, elements: elements, isTuple: false)
    case .symbol("{"):
      advance()
      var entries: [(key: any Expression, value: any Expression)] = []
      while !isSymbol("}") {
        if !entries.isEmpty { try expect(symbol: ",") }
        if isSymbol("}") { break }
        let key = try expression()
        try expect(symbol: ":")
        entries.append((key, try expression()))
      }
      advance()
      return DictionaryLiteral(place: place, entries: entries)
    default: throw unexpected("a value")
    }
  }
}
