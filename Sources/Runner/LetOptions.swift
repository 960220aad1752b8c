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

  /// A name and its value.
  struct Replacement {
    let name: String
    let value: Value
  }

  /// The values by name.
  ///
  /// - Throws: `ValidationError` when the recipe has no such `let`, or a name stands twice.
  func values(for recipe: Recipe) throws -> [String: Value] {
    let known = recipe.statements.filter { $0.keyword.text == "let" }.compactMap { $0.name?.text }
    var values: [String: Value] = [:]
    for replacement in replacements {
      let name = replacement.name
      guard known.contains(name) else {
        let meant = Suggestion.closest(to: name, among: known).map { "; did you mean \($0)?" }
        let all = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
        throw ValidationError("--let \(name): the recipe has no such `let`\(meant ?? "; \(all)")")
      }
      guard values.updateValue(replacement.value, forKey: name) == nil else {
        throw ValidationError("--let \(name) stands twice")
      }
    }
    return values
  }

  private static func replacement(_ text: String) throws -> Replacement {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else {
      throw ValidationError("--let expects name=value, as in --let cut=9, found \(text)")
    }
    let parsed = Value.parse(SourceText(name: "--let", text: String(parts[1])))
    guard let value = parsed.value else {
      let reason = parsed.diagnostics.first?.message ?? "it is empty"
      throw ValidationError(
        "--let \(parts[0]): \(parts[1]) is no value: \(reason); texts stand in quotes, as in "
          + "--let 'out=\"models/small\"'"
      )
    }
    return Replacement(name: String(parts[0]), value: value)
  }
}
