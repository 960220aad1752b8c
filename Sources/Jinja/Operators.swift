/// `not`, `-` and `+` before a value.
struct Prefix: Expression {
  enum Operator: Sendable { case not, minus, plus }

  let place: Place
  let operation: Operator
  let operand: any Expression

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    let value = try rendering.evaluate(operand)
    switch operation {
    case .not: return .bool(!value.isTrue)
    case .plus where value.number != nil: return value.whole.map(Value.integer) ?? value
    case .minus:
      if let whole = value.whole, whole > Int.min { return .integer(-whole) }
      if let number = value.number { return .float(-number) }
    case .plus: break
    }
    throw JinjaError(.value, "a sign needs a number, found \(value.phrase)", at: place)
  }
}

/// `and` and `or`, which give one of their values.
struct Logical: Expression {
  let place: Place
  let isAnd: Bool
  let operands: [any Expression]

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    for operand in operands.dropLast() {
      let value = try rendering.evaluate(operand)
      if value.isTrue != isAnd { return value }
    }
    return try rendering.evaluate(operands[operands.count - 1])
  }
}

/// A chain of comparisons, such as `1 < x <= 3`.
struct Comparison: Expression {
  let place: Place
  let first: any Expression
  let others: [(operation: String, operand: any Expression)]

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    var left = try rendering.evaluate(first)
    for (operation, operand) in others {
      let right = try rendering.evaluate(operand)
      guard try rendering.compare(left, operation, right, place) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }
}

/// Operations of one rank, from left to right.
struct Arithmetic: Expression {
  let place: Place
  let first: any Expression
  let others: [(operation: String, operand: any Expression)]

  func value(in rendering: Rendering) throws(JinjaError) -> Value {
    var result = try rendering.evaluate(first)
    for (operation, operand) in others {
      result = try rendering.combine(result, operation, rendering.evaluate(operand), place)
    }
    return result
  }
}

extension Rendering {
  /// Whether a comparison holds.
  func compare(
    _ left: Value,
    _ operation: String,
    _ right: Value,
    _ place: Place
  ) throws(JinjaError) -> Bool {
    try steps(min(left.extent.steps, right.extent.steps), place)
    switch operation {
    case "==": return left.equals(right)
    case "!=": return !left.equals(right)
    case "in": return try contains(right, left, place)
    case "not in": return try !contains(right, left, place)
    default: break
    }
    let isSwapped = operation == ">" || operation == "<="
    guard let precedes = isSwapped ? right.precedes(left) : left.precedes(right) else {
      throw JinjaError(
        .value,
        "`\(operation)` cannot compare \(left.phrase) with \(right.phrase)",
        at: place
      )
    }
    if case .float(let one) = left, one.isNaN { return false }
    if case .float(let other) = right, other.isNaN { return false }
    return operation == "<" || operation == ">" ? precedes : !precedes
  }

  /// Whether a value is in another.
  func contains(_ whole: Value, _ part: Value, _ place: Place) throws(JinjaError) -> Bool {
    switch whole {
    case .undefined: return false
    case .string(let text):
      guard case .string(let part) = part else {
        throw JinjaError(.value, "`in` a text needs a text, found \(part.phrase)", at: place)
      }
      try steps(text.utf8.count / 64, place)
      return TextSearch(Array(part.utf8)).first(in: Array(text.utf8)) != nil
    case .list(let values), .tuple(let values):
      try steps(values.extent.steps, place)
      return values.contains { $0.equals(part) }
    case .dictionary(let value): return value[try key(part, place)] != nil
    default:
      throw JinjaError(.value, "nothing can be `in` \(whole.phrase)", at: place)
    }
  }

  /// The result of an operation on two values.
  func combine(
    _ left: Value,
    _ operation: String,
    _ right: Value,
    _ place: Place
  ) throws(JinjaError) -> Value {
    switch (operation, left, right) {
    case ("~", _, _):
      return .string(try joined(text(of: left, place), text(of: right, place), place))
    case ("+", .string(let one), .string(let other)):
      return .string(try joined(one, other, place))
    case ("+", .list(let one), .list(let other)):
      try checkCount(one.count + other.count, place)
      return try list(one.elements + other.elements, place)
    case ("+", .tuple(let one), .tuple(let other)):
      try checkCount(one.count + other.count, place)
      return .tuple(try bounded(one.elements + other.elements, place))
    case ("*", .string(let text), .integer(let count)),
      ("*", .integer(let count), .string(let text)):
      let (bytes, tooMany) = text.utf8.count.multipliedReportingOverflow(by: max(0, count))
      try checkSize(tooMany ? .max : bytes, place)
      try steps(bytes / 64 + max(0, count) / 8, place)
      return .string(String(repeating: text, count: text.isEmpty ? 0 : max(0, count)))
    case ("*", .list(let values), .integer(let count)),
      ("*", .integer(let count), .list(let values)):
      let (size, tooMany) = values.count.multipliedReportingOverflow(by: max(0, count))
      try checkCount(tooMany ? .max : size, place)
      return try list(values.isEmpty ? [] : (0..<max(0, count)).flatMap { _ in values }, place)
    case ("%", .string, _):
      throw JinjaError(.template, "formatting a text with `%` is not understood", at: place)
    default: break
    }
    if let one = left.whole, let other = right.whole, operation != "/" {
      return .integer(try whole(one, operation, other, place))
    }
    guard let one = left.number, let other = right.number else {
      throw JinjaError(
        .value,
        "`\(operation)` does not go with \(left.phrase) and \(right.phrase)",
        at: place
      )
    }
    return .float(try number(one, operation, other, place))
  }

  /// One text after another.
  private func joined(
    _ one: String,
    _ other: String,
    _ place: Place
  ) throws(JinjaError) -> String {
    let bytes = one.utf8.count + other.utf8.count
    try checkSize(bytes, place)
    try steps(bytes / 1024, place)
    return one + other
  }

  private func whole(
    _ one: Int,
    _ operation: String,
    _ other: Int,
    _ place: Place
  ) throws(JinjaError) -> Int {
    let result: (value: Int, overflow: Bool)
    switch operation {
    case "+":
      let found = one.addingReportingOverflow(other)
      result = (found.partialValue, found.overflow)
    case "-":
      let found = one.subtractingReportingOverflow(other)
      result = (found.partialValue, found.overflow)
    case "*":
      let found = one.multipliedReportingOverflow(by: other)
      result = (found.partialValue, found.overflow)
    case "//", "%":
      guard other != 0 else { throw JinjaError(.value, "a division by zero", at: place) }
      // As Python: the quotient is rounded down, and the rest has the sign of the divisor.
      let found = one.quotientAndRemainder(overflowing: other)
      let isLower = found.remainder != 0 && (found.remainder < 0) != (other < 0)
      result =
        operation == "//"
        ? (found.quotient &- (isLower ? 1 : 0), found.overflow)
        : (found.remainder &+ (isLower ? other : 0), false)
    case "**" where other >= 0: result = one.power(other)
    default:
      throw JinjaError(.template, "`\(operation)` with these numbers is not understood", at: place)
    }
    guard !result.overflow else { throw JinjaError(.limit, "the number is too large", at: place) }
    return result.value
  }

  private func number(
    _ one: Double,
    _ operation: String,
    _ other: Double,
    _ place: Place
  ) throws(JinjaError) -> Double {
    switch operation {
    case "+": return one + other
    case "-": return one - other
    case "*": return one * other
    case "/", "//", "%":
      guard other != 0 else { throw JinjaError(.value, "a division by zero", at: place) }
      if operation == "/" { return one / other }
      // As Python: the quotient is rounded down, and the rest has the sign of the divisor.
      var rest = one.truncatingRemainder(dividingBy: other)
      var quotient = (one - rest) / other
      if rest == 0 {
        rest = Double(signOf: other, magnitudeOf: 0)
      } else if (rest < 0) != (other < 0) {
        rest += other
        quotient -= 1
      }
      if operation == "%" { return rest }
      guard quotient != 0 else { return Double(signOf: one / other, magnitudeOf: 0) }
      let lower = quotient.rounded(.down)
      return quotient - lower > 0.5 ? lower + 1 : lower
    default:
      throw JinjaError(.template, "`\(operation)` with these numbers is not understood", at: place)
    }
  }
}

extension Int {
  /// Quotient and remainder, rounded towards zero; of the one division that has no result, nothing.
  fileprivate func quotientAndRemainder(overflowing other: Int) -> (
    quotient: Int, remainder: Int, overflow: Bool
  ) {
    let quotient = dividedReportingOverflow(by: other)
    guard !quotient.overflow else { return (0, 0, true) }
    return (quotient.partialValue, self - quotient.partialValue * other, false)
  }

  /// The number multiplied by itself, so many times; its value means nothing where it is too large.
  fileprivate func power(_ exponent: Int) -> (value: Int, overflow: Bool) {
    if magnitude < 2 { return (exponent == 0 || self == -1 && exponent % 2 == 0 ? 1 : self, false) }
    guard exponent < Int.bitWidth else { return (0, true) }
    var value = 1
    for _ in 0..<exponent {
      let found = value.multipliedReportingOverflow(by: self)
      guard !found.overflow else { return (0, true) }
      value = found.partialValue
    }
    return (value, false)
  }
}
