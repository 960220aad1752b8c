import ArgumentParser

extension CompletionKind {
  /// Recipes.
  static let recipes = CompletionKind.file(extensions: ["recipe"])

  /// The names of plugins, those of one's own too: the program on the path is asked for them.
  static let plugins = CompletionKind.shellCommand("billhook explain --names")
}
