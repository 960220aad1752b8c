import ArgumentParser
import BillhookCore
import BillhookRecipe

/// `billhook fmt`: formats recipes.
struct FormatRecipes: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "fmt",
    abstract: "Give recipes their usual form, and name those that changed.",
    discussion: """
      Comments, numbers and strings stay as they are, and so does the meaning. A recipe whose \
      syntax is wrong is left alone.
      """
  )

  @Argument(
    help: "The recipes; - reads standard input and writes standard output.",
    completion: .recipes,
    transform: PathArgument.path
  )
  var recipes: [String]

  @Flag(help: "Change nothing; name the recipes that would change, with status 1.")
  var check = false

  @OptionGroup var shown: DiagnosticOptions

  func run(with registry: Registry) -> ExitStatus {
    var isFaulty = false
    for recipe in recipes {
      do {
        // The others are formatted all the same.
        if try !format(recipe) { isFaulty = true }
      } catch {
        Terminal.standardError("error: \(error)")
        isFaulty = true
      }
    }
    return isFaulty ? .recipeErrors : .done
  }

  /// Formats a recipe; false when it has errors, or would change and must not.
  private func format(_ recipe: String) throws -> Bool {
    let isStream = recipe == "-"
    let source = SourceText(
      name: isStream ? "<standard input>" : recipe,
      bytes: isStream ? try StandardInput.bytes() : try FileSystem.read(recipe)
    )
    guard let text = formatted(source) else { return false }
    let isChanged = Array(text.utf8) != source.bytes
    if check {
      if isChanged { Terminal.standardOutput("\(source.name): \(source.firstChange(in: text))") }
      return !isChanged
    }
    if isStream {
      Terminal.standardOutput(exactly: text)
    } else if isChanged {
      try FileSystem.rewrite(Array(text.utf8), at: recipe)
      Terminal.standardOutput(recipe)
    }
    return true
  }

  /// The formatted text; nil after a report.
  private func formatted(_ source: SourceText) -> String? {
    let parsed = Recipe.parse(source)
    shown.report(parsed.diagnostics, in: source)
    guard !parsed.hasErrors else { return nil }
    let text = parsed.recipe.formatted
    // Deep indentation can make a large recipe larger than a recipe may be.
    let again = SourceText(name: "\(source.name), formatted", text: text)
    let diagnostics = Recipe.parse(again).diagnostics
    shown.report(diagnostics, in: again)
    return diagnostics.isEmpty ? text : nil
  }
}

extension SourceText {
  /// The first line that another text writes differently.
  fileprivate func firstChange(in text: String) -> String {
    let old = self.text.split(separator: "\n", omittingEmptySubsequences: false)
    let new = text.split(separator: "\n", omittingEmptySubsequences: false)
    let same = zip(old, new).prefix { $0.utf8.elementsEqual($1.utf8) }.count
    return "line \(same + 1) would change"
  }
}
