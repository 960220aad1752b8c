public import BillhookRecipe

/// A value of a recipe after its variables were replaced.
public indirect enum Literal: Sendable, Equatable, CustomStringConvertible {
  /// A number, exactly as written.
  case number(Number)
  /// A percentage: a number of hundredths.
  case percentage(Number)
  /// A number with a unit glued on.
  case quantity(Number, unit: String)
  /// Two whole numbers, as in `2:4`.
  case ratio(Int, Int)
  /// A string.
  case string(String)
  /// `true` or `false`.
  case boolean(Bool)
  /// A bare word, such as the name of a plugin.
  case word(String)
  /// So many at one end, as in `last 3`; an element of a list.
  case end(End, Int)
  /// Values in brackets; ranges stand for their numbers.
  case list([Literal])

  /// The value as a recipe writes it.
  public var description: String {
    switch self {
    case .number(let number): number.text
    case .percentage(let number): "\(number.text)%"
    case .quantity(let number, let unit): "\(number.text)\(unit)"
    case .ratio(let left, let right): "\(left):\(right)"
    case .string(let text): Self.quoted(text)
    case .boolean(let flag): "\(flag)"
    case .word(let word): word
    case .end(let end, let count): "\(end.rawValue) \(count)"
    case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for character in text {
      switch character {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "$": result += "$$"
      default: result.append(character)
      }
    }
    return result + "\""
  }
}
