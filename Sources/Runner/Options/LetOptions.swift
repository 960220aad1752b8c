import ArgumentParser
import BillhookRecipe

/// `--let NAME=VALUE`: a value that takes the place of a recipe's `let`.
struct LetOptions: ParsableArguments {
  @Option(
    name: .customLong("let"),
    help: ArgumentHelp("Replace a `let` of the recipe.", valueName: "name=value"),
    transform: LetOptions.replacement
  )
  var replacements: [Replacement] = []

  /// A name and the text of its value.
  struct Replacement {
    let name: String
    let text: String
  }

  /// The values by name.
  ///
  /// Where the recipe's own value is a string, any text is taken as one, with or without quotes.
  ///
  /// - Throws: `ValidationError` when the recipe has no such `let`, a name is given twice, or its
  ///   text is not a value.
  func values(for recipe: Recipe) throws -> [String: Value] {
    let own = recipe.statements.filter { $0.keyword.text == "let" }
    let known = own.compactMap { $0.name?.text }
    var values: [String: Value] = [:]
    for replacement in replacements {
      let name = replacement.name
      guard let replaced = own.first(where: { $0.name?.text == name }) else {
        let meant = Suggestion.closest(to: name, among: known).map { "; did you mean \($0)?" }
        let all = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
        throw ValidationError("--let \(name): the recipe has no such `let`\(meant ?? "; \(all)")")
      }
      let value = try replacement.value(for: replaced.arguments.first)
      guard values.updateValue(value, forKey: name) == nil else {
        throw ValidationError("--let \(name) is given twice")
      }
    }
    return values
  }

  private static func replacement(_ text: String) throws -> Replacement {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw ValidationError("--let expects name=value, as in --let cut=9, found \(text)")
    }
    return Replacement(name: String(parts[0]), text: String(parts[1]))
  }
}

extension LetOptions.Replacement {
  fileprivate func value(for replaced: Value?) throws -> Value {
    if case .string = replaced?.kind, !text.isEmpty, !text.hasPrefix("\"") {
      return Value(kind: .string([.text(text)]), span: SourceSpan(start: 0, end: text.utf8.count))
    }
    let parsed = Value.parse(SourceText(name: "--let", text: text))
    guard let value = parsed.value else {
      let reason = parsed.diagnostics.first?.message ?? "it is empty"
      throw ValidationError("--let \(name): `\(text)` is not a value: \(reason)")
    }
    return value
  }
}
