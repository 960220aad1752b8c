import ArgumentParser
import BillhookRecipe

/// How a command shows diagnostics.
struct DiagnosticOptions: ParsableArguments {
  /// The formats that a user can choose.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, short, json
  }

  @Option(
    help: """
      How to show what is wrong: text with the lines of the recipe, short with one line each for \
      editors, or json with one object per line.
      """
  )
  var format = Format.text

  /// Writes diagnostics to standard error.
  func report(_ diagnostics: [Diagnostic], in source: SourceText) {
    guard !diagnostics.isEmpty else { return }
    let rendered = DiagnosticRenderer(source: source).render(diagnostics, as: rendererFormat)
    // For people, a blank line separates them from what follows.
    Terminal.standardError(steering: rendered + (format == .text ? "\n" : ""))
  }

  private var rendererFormat: DiagnosticRenderer.Format {
    switch format {
    case .text: .text(color: Terminal.hasColor)
    case .short: .short
    case .json: .json
    }
  }
}
