import BillhookCore
import BillhookRecipe

/// A value with its variables replaced, and its size when written out.
struct MeasuredLiteral {
  let literal: Literal
  /// The number of elements and characters, with variables written out.
  var size = 1
  /// The depth of lists inside each other.
  var depth = 0
}

/// A value that a `let` named.
struct Variable {
  /// The value; nil when it was wrong, which was reported where it stands.
  let value: MeasuredLiteral?
  let span: SourceSpan
  var isUsed = false
  /// Whether an `each` gives it one value after the other.
  var isOfLoop = false
}

extension Resolver {
  /// The most numbers that a range may stand for.
  private static let longestRange = 10_000

  /// The most elements and characters of a value: variables inside variables double it quickly.
  private static let largestValue = 100_000

  private static let deepestList = 64

  /// A value with its variables replaced; nil after a report.
  mutating func literal(_ value: Value) -> Literal? { measured(value)?.literal }

  /// As `literal`, with its size.
  mutating func measured(_ value: Value) -> MeasuredLiteral? {
    switch value.kind {
    case .number(let number): return MeasuredLiteral(literal: .number(number))
    case .percentage(let number): return MeasuredLiteral(literal: .percentage(number))
    case .quantity(let number, let unit):
      return MeasuredLiteral(literal: .quantity(number, unit: unit))
    case .ratio(let left, let right): return MeasuredLiteral(literal: .ratio(left, right))
    case .boolean(let flag): return MeasuredLiteral(literal: .boolean(flag))
    case .word(let word): return MeasuredLiteral(literal: .word(word))
    case .variable(let name): return variable(name, at: value.span)
    case .string(let parts): return string(parts, at: value.span)
    case .list(let values): return list(values, at: value.span)
    case .end(let end, let count): return self.end(end, count, at: value.span)
    // The parser reports a range that stands outside a list.
    case .range: return nil
    }
  }

  private mutating func variable(_ name: String, at span: SourceSpan) -> MeasuredLiteral? {
    guard let variable = variables[name] else {
      var elsewhere = later("let", name, than: span).map(RecipeProblem.Elsewhere.later)
      if scope.dataKeys[name] != nil { elsewhere = elsewhere ?? .data }
      report(.unknownVariable(name, known: variables.keys.sorted(), elsewhere), at: span)
      return nil
    }
    scope.variables[name]?.isUsed = true
    return variable.value
  }

  private mutating func string(_ parts: [StringPart], at span: SourceSpan) -> MeasuredLiteral? {
    var text = ""
    var isComplete = true
    for part in parts {
      switch part {
      case .text(let piece): text += piece
      case .variable(let name, let place):
        guard let value = variable(name, at: place) else {
          isComplete = false
          continue
        }
        if case .string(let piece) = value.literal {
          text += piece
        } else {
          text += "\(value.literal)"
        }
      }
      guard text.utf8.count <= Self.largestValue else {
        report(.tooLarge("\(Self.largestValue) characters"), at: span)
        return nil
      }
    }
    guard isComplete else { return nil }
    return MeasuredLiteral(literal: .string(text), size: 1 + text.utf8.count)
  }

  private mutating func list(_ values: [Value], at span: SourceSpan) -> MeasuredLiteral? {
    var literals: [Literal] = []
    var size = 1
    var depth = 1
    var isComplete = true
    for value in values {
      if case .range(let lower, let upper) = value.kind {
        guard let numbers = range(lower, upper, at: value) else {
          isComplete = false
          continue
        }
        literals += numbers
        size += numbers.count
      } else {
        guard let element = measured(value) else {
          isComplete = false
          continue
        }
        literals.append(element.literal)
        size += element.size
        depth = max(depth, 1 + element.depth)
      }
      guard size <= Self.largestValue else {
        report(.tooLarge("\(Self.largestValue) elements and characters"), at: span)
        return nil
      }
      guard depth <= Self.deepestList else {
        report(.tooLarge("\(Self.deepestList) lists inside each other"), at: span)
        return nil
      }
    }
    return isComplete ? MeasuredLiteral(literal: .list(literals), size: size, depth: depth) : nil
  }

  private mutating func end(
    _ end: End,
    _ count: Value,
    at span: SourceSpan
  ) -> MeasuredLiteral? {
    guard let literal = literal(count) else { return nil }
    guard let count = Int(literal), count >= 1 else {
      let problem = RecipeProblem.wrongValue(
        setting: end.rawValue,
        expected: "a whole number, 1 or more",
        found: literal.quoted,
        suggestion: nil
      )
      report(problem, at: span)
      return nil
    }
    return MeasuredLiteral(literal: .end(end, count))
  }

  private mutating func range(_ lower: Value, _ upper: Value, at value: Value) -> [Literal]? {
    guard let first = literal(lower), let last = literal(upper) else { return nil }
    guard let start = Int(first), let end = Int(last), start >= 0, start <= end,
      end - start < Self.longestRange
    else {
      let problem = RecipeProblem.wrongValue(
        setting: "..",
        expected: "ascending whole numbers from 0, \(Self.longestRange) at most",
        found: "`\(first)..\(last)`",
        suggestion: nil
      )
      report(problem, at: value)
      return nil
    }
    return (start...end).compactMap { Number(String($0)) }.map(Literal.number)
  }
}

extension Value {
  /// Whether variables stand in it.
  var hasVariables: Bool {
    switch kind {
    case .variable: true
    case .string(let parts): parts.contains { if case .variable = $0 { true } else { false } }
    case .list(let values): values.contains(where: \.hasVariables)
    case .range(let lower, let upper): lower.hasVariables || upper.hasVariables
    case .end(_, let count): count.hasVariables
    default: false
    }
  }
}

extension Literal {
  /// The value as messages show it.
  var quoted: String { "`\(description.shortened)`" }
}

extension String {
  /// The text with an ellipsis where it is long.
  var shortened: String { count > 60 ? String(prefix(59)) + "…" : self }
}
