import BillhookRecipe

/// What people type from habit, by the names of other programs, and what it is called here.
struct Habit {
  /// What is typed, in lower case and with `_`.
  let typed: [String]
  /// What it may mean, best first; names that are not valid at a place are skipped.
  let meant: [String]
  /// A note for whoever types it; nil for none.
  let note: String?

  init(_ typed: String, _ meant: String..., note: String? = nil) {
    self.typed = typed.split(separator: " ").map(String.init)
    self.meant = meant
    self.note = note
  }

  /// What was probably meant: by habit, else what is spelt most like it.
  ///
  /// - Parameters:
  ///   - name: What was typed.
  ///   - candidates: The names that are valid at its place.
  /// - Returns: One of the candidates, or nil.
  static func suggestion(for name: String, among candidates: [String]) -> String? {
    let typed = name.lowercased()
    guard !typed.isEmpty else { return nil }
    return candidates.first { $0.lowercased() == typed } ?? meant(by: name, among: candidates)
      ?? Suggestion.closest(to: name, among: candidates)
  }

  /// What was meant by habit; nil where no habit leads to a candidate.
  static func meant(by name: String, among candidates: [String]) -> String? {
    // The `+` of a criterion stays.
    let suffix = name.hasSuffix("+") ? "+" : ""
    return habits(of: name).flatMap(\.meant).map { $0 + suffix }.first(where: candidates.contains)
  }

  /// What there is to say about a name that somebody typed; nil for most.
  static func note(about name: String) -> String? {
    habits(of: name).lazy.compactMap(\.note).first
  }

  private static func habits(of name: String) -> [Habit] {
    let plain = name.hasSuffix("+") ? String(name.dropLast()) : name
    let folded = plain.lowercased().replacing("-", with: "_")
    return all.filter { $0.typed.contains(folded) }
  }
}
