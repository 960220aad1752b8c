/// What is wrong with a template, or with what it is given, and where.
public struct JinjaError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Who is at fault.
  public enum Kind: Sendable, Equatable {
    /// The template says something that is no Jinja, or that is not understood here.
    case template
    /// The template called `raise_exception`: it does not take what it was given.
    case raised
    /// A value is not what the template needs.
    case value
    /// It would take too long, or give too much text.
    case limit
    /// The template asks for the time, and none is given.
    case time
  }

  /// Who is at fault.
  public let kind: Kind
  /// What was expected, and what was found.
  public let message: String
  /// The line in the template, from 1.
  public let line: Int
  /// The column, in Unicode scalars from 1.
  public let column: Int

  init(_ kind: Kind, _ message: String, at place: Place) {
    self.kind = kind
    self.message = message
    line = place.line
    column = place.column
  }

  /// The place, and what is wrong there.
  public var description: String { "line \(line), column \(column): \(message)" }
}

/// A place in a template.
struct Place: Equatable, Sendable {
  let line: Int
  let column: Int
}
