extension Plugin {
  /// The plugin as a recipe names it: its name, and the values that follow it.
  package var recipeName: String {
    let arguments = Self.parameters.filter(\.isArgument).map { $0.value(of: self) }
    return ([Self.name] + arguments).joined(separator: " ")
  }

  /// Its settings as a recipe writes them, including those at their defaults.
  package var recipeSettings: [String] {
    Self.parameters.filter { !$0.isArgument }.compactMap { $0.setting(of: self) }
  }

  /// The plugin with its settings as a recipe writes it.
  ///
  /// - Parameter others: Settings that stand in the same braces.
  /// - Returns: One line.
  package func recipeText(with others: [String] = []) -> String {
    let settings = recipeSettings + others
    return settings.isEmpty ? recipeName : "\(recipeName) { \(settings.joined(separator: ", ")) }"
  }
}
