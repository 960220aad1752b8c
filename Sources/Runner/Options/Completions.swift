import ArgumentParser

extension CompletionKind {
  /// Recipes.
  static let recipes = CompletionKind.file(extensions: ["recipe"])

  /// The names of plugins, including your own: the program on the path lists them.
  static let plugins = CompletionKind.shellCommand("billhook explain --names")
}
