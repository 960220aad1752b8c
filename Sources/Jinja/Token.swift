/// A part of a template.
struct Token {
  enum Kind: Equatable {
    /// Text that is written as it is.
    case text(String)
    /// `{%`.
    case blockStart
    /// `%}`.
    case blockEnd
    /// `{{`.
    case outputStart
    /// `}}`.
    case outputEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    /// An operator, a bracket, a comma and the like.
    case symbol(String)
    case end
  }

  let kind: Kind
  let place: Place

  /// What messages call it.
  var phrase: String {
    switch kind {
    case .text: "text"
    case .blockStart: "`{%`"
    case .blockEnd: "`%}`"
    case .outputStart: "`{{`"
    case .outputEnd: "`}}`"
    case .name(let name): "`\(name)`"
    case .string: "a string"
    case .integer(let number): "`\(number)`"
    case .float(let number): "`\(number)`"
    case .symbol(let symbol): "`\(symbol)`"
    case .end: "the end of the template"
    }
  }
}
