@testable import BillhookRecipe

// Trees as text, so that a test can say on one line what it expects.

extension Recipe {
  var dump: [String] { statements.map(\.dump) }
}

extension Statement {
  var dump: String {
    var parts = [keyword.text]
    if let name { parts.append("@\(name.text)") }
    parts += arguments.map(\.dump)
    if let dataset { parts.append("on:\(dataset.dump)") }
    if let body { parts.append(body.dump) }
    return "(" + parts.joined(separator: " ") + ")"
  }
}

extension Body {
  var dump: String {
    let entries = entries.map { entry in
      switch entry {
      case .setting(let setting): "\(setting.name.text)=\(setting.value.dump)"
      case .clause(let clause): clause.dump
      }
    }
    return "{" + entries.joined(separator: " ") + "}"
  }
}

extension Value {
  var dump: String {
    switch kind {
    case .number(let number): number.text
    case .percentage(let number): "\(number.text)%"
    case .quantity(let number, let unit): "\(number.text)'\(unit)"
    case .ratio(let left, let right): "\(left):\(right)"
    case .string(let parts): "\"" + parts.map(\.dump).joined() + "\""
    case .boolean(let flag): "#\(flag)"
    case .word(let word): word
    case .variable(let name): "$\(name)"
    case .list(let values): "[" + values.map(\.dump).joined(separator: " ") + "]"
    case .range(let lower, let upper): "\(lower.dump)..\(upper.dump)"
    case .end(let end, let count): "\(end.rawValue):\(count.dump)"
    }
  }
}

extension StringPart {
  fileprivate var dump: String {
    switch self {
    case .text(let text): text
    case .variable(let name, _): "<\(name)>"
    }
  }
}

func parse(_ text: String) -> ParseResult {
  Recipe.parse(SourceText(name: "test.recipe", text: text))
}

func codes(_ text: String) -> [String] { parse(text).diagnostics.map(\.code) }

/// The first diagnostic as an editor would be told about it.
func firstLine(_ text: String) -> String {
  let source = SourceText(name: "test.recipe", text: text)
  let diagnostics = Recipe.parse(source).diagnostics
  return DiagnosticRenderer(source: source).render(Array(diagnostics.prefix(1)), as: .short)
}
