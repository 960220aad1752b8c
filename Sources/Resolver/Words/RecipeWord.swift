package import BillhookCore

/// A word of the recipe language that is not a plugin: a statement, a clause, or a setting of
/// theirs.
package struct RecipeWord: Sendable {
  /// What kind of word it is.
  package enum Kind: String, Sendable, CaseIterable {
    /// It begins a line outside of braces, or inside those of a loop.
    case statement
    /// It stands in the braces of a statement.
    case clause
    /// It stands inside a statement or clause.
    case part
  }

  /// The word.
  package let name: String
  /// What kind of word it is.
  package let kind: Kind
  /// What it does, in one sentence.
  package let summary: String
  /// How it is written, one form per line.
  package let forms: [String]
  /// What else there is to know: one paragraph.
  package let details: String
  /// A whole recipe that runs in the folder `Examples`.
  package let example: String
  /// The settings in its own braces.
  package let settings: [PluginDescription.Setting]

  init(
    _ kind: Kind,
    _ name: String,
    _ summary: String,
    forms: [String],
    _ details: String = "",
    settings: [PluginDescription.Setting] = [],
    example: String
  ) {
    self.name = name
    self.kind = kind
    self.summary = summary
    self.forms = forms
    self.details = details
    self.settings = settings
    self.example = example
  }

  /// All words, in the order in which they are listed.
  package static let all = statements + clauses + parts

  /// What was probably meant by a name that nothing has: by habit, else by spelling.
  ///
  /// - Parameters:
  ///   - name: What was typed.
  ///   - candidates: The names that there are.
  /// - Returns: One of them, or nil.
  package static func suggestion(for name: String, among candidates: [String]) -> String? {
    Habit.suggestion(for: name, among: candidates)
  }

  /// What there is to say about a word that other programs use; nil for most.
  package static func note(about name: String) -> String? { Habit.note(about: name) }
}
