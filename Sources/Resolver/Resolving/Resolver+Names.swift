import BillhookCore
import BillhookRecipe

extension Resolver {
  /// A name: a word, or a variable that holds one.
  ///
  /// - Parameters:
  ///   - value: What should be one.
  ///   - owner: Whose name it is, for messages.
  ///   - kind: The kind of plugin that the name must be of; nil for data.
  /// - Returns: The name; nil after a report.
  mutating func name(_ value: Value, of owner: String, _ kind: PluginKind?) -> String? {
    guard let literal = literal(value) else { return nil }
    if case .word(let word) = literal { return word }
    var complaint = Complaint(expected: "the name of \(kind?.phrase ?? "data")", argument: 0)
    if case .string(let text) = literal {
      complaint.note = "names stand without quotes"
      let plain = kind == .criterion && text.hasSuffix("+") ? String(text.dropLast()) : text
      let isKnown =
        kind.map { registry.plugin($0, named: plain) != nil } ?? (scope.dataKeys[text] != nil)
      if isKnown { complaint.suggestion = text }
    }
    report(complaint, of: owner, at: value.span, [value])
    return nil
  }

  /// The only argument of a statement, a path; nil after a report.
  mutating func path(
    _ arguments: [Value],
    of statement: Statement,
    _ what: String
  ) -> String? {
    let expected = "\(what) in quotes"
    let keyword = statement.keyword
    guard let first = arguments.first, let last = arguments.last else {
      report(Complaint(expected: expected), of: keyword.text, at: keyword.span, [])
      return nil
    }
    guard arguments.count == 1 else {
      let span = first.span.through(last.span)
      let found = "`\(recipe.source.text(in: span).shortened)`"
      let complaint = Complaint(expected: "only \(expected)", found: found)
      report(.wrongArguments(of: keyword.text, complaint), at: span)
      return nil
    }
    guard let literal = literal(first) else { return nil }
    if case .string(let path) = literal, path.isOfHome {
      let complaint = Complaint(expected: String.noHome, argument: 0, note: Self.homeNote)
      report(complaint, of: keyword.text, at: keyword.span, arguments)
      return nil
    }
    if case .string(let path) = literal, !path.isEmpty { return path }
    let complaint = Complaint(expected: expected, argument: 0)
    report(complaint, of: keyword.text, at: keyword.span, arguments)
    return nil
  }

  /// What to write for a path that begins with `~`, which only a shell knows.
  static let homeNote = "write the whole path, or one that starts from the recipe's folder"

  /// A path as it can be opened: relative ones start from the recipe's folder.
  ///
  /// Written differently, such as with a slash at the end, it comes out the same. A name in the cache of
  /// Hugging Face is its directory there, or stays as it is where the cache has none.
  func located(_ path: String) -> String {
    if path.hasPrefix(HubCache.prefix) { return (try? HubCache().directory(of: path)) ?? path }
    let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    if path.hasPrefix("/") { return "/\(parts)" }
    if folder.isEmpty || folder == "." { return parts.isEmpty ? "." : parts }
    return parts.isEmpty ? folder : "\(folder)/\(parts)"
  }
}

extension String {
  /// Whether it begins with `~`, by which a shell means somebody's own folder.
  var isOfHome: Bool { self == "~" || hasPrefix("~/") }

  /// What is expected in place of a path that begins with `~`.
  fileprivate static let noHome = "a path without `~`"

  /// What is expected in place of a path that nothing can be written to; nil where something can be.
  var outputFault: String? {
    if isOfHome { return Self.noHome }
    return hasPrefix(HubCache.prefix) ? "a path, as nothing is written into a cache" : nil
  }
}
