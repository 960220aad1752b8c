/// A value in a recipe, with its span.
public struct Value: Sendable {
  /// What the value is.
  public let kind: Kind
  /// Its span in the source.
  public let span: SourceSpan

  /// Makes a value with its span.
  public init(kind: Kind, span: SourceSpan) {
    self.kind = kind
    self.span = span
  }

  /// The kinds of values.
  public indirect enum Kind: Sendable {
    /// `6`, `-0.5`, `1e-4`, `64_000`.
    case number(Number)
    /// `12.5%`; the number is the 12.5.
    case percentage(Number)
    /// `4GB`: a number with a unit of letters glued on.
    case quantity(Number, unit: String)
    /// `2:4`.
    case ratio(Int, Int)
    /// A string, in parts where it holds variables; empty for `""`.
    case string([StringPart])
    /// `true` or `false`.
    case boolean(Bool)
    /// A bare word.
    case word(String)
    /// `$name`, without the `$`.
    case variable(String)
    /// `[…]`.
    case list([Value])
    /// `24..27`, both ends included; an element of a list. The ends are numbers or variables.
    case range(Value, Value)
    /// `first 4`, `last 2`: so many at one end; an element of a list. The count is a number or a variable.
    case end(End, Value)
  }
}

/// An end of a row, such as that of a model's blocks.
public enum End: String, Sendable, CaseIterable {
  /// The beginning, and the other end.
  case first, last
}

/// A piece of a string.
public enum StringPart: Sendable, Equatable {
  /// Text, its escapes resolved.
  case text(String)
  /// `$name` or `${name}`: the name, and its span, `$` included.
  case variable(String, SourceSpan)
}
