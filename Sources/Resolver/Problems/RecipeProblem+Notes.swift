import BillhookCore
import BillhookRecipe

extension RecipeProblem {
  /// What may help, with a place in the recipe where there is one.
  var notes: [Note] {
    switch self {
    case .unknownStatement(let word, let kinds):
      kinds.map { Note($0.meaning(of: word)) } + Self.belonging(of: word, but: [.statement])
        + Self.habit(word) + [Note(Self.list("statements", Keyword.statements))]
    case .unknownClause(let word, let statement, let known):
      Self.belonging(of: word, but: statement == "prune" ? [.clause] : []) + Self.habit(word)
        + (["first", "last"].contains(word) ? [Note(Self.bothEnds)] : [])
        + [Note(Self.list("clauses", known))]
    case .unknownPlugin(let name, let kind, let known, let others):
      others.map { Note($0.meaning(of: name)) } + Self.habit(name)
        + [Note(known.isEmpty ? "there are no \(kind.plural)" : Self.list(kind.plural, known))]
    case .unknownSetting(let name, let owner, let known):
      Self.habit(name) + Self.settings(known, of: owner, without: name)
    case .unknownVariable(let name, let known, let elsewhere):
      elsewhere.map { [$0.note(name)] } ?? [Self.defined(known, by: "let \(name) = …")]
    case .unknownData(let name, let known, let elsewhere):
      elsewhere.map { [$0.note(name)] } ?? [Self.defined(known, by: "data \(name) = …")]
    case .wrongValue(_, _, let found, _) where Self.nothings.contains(found):
      [Note("a setting without a value is left out")]
    case .wrongValue(_, _, let found, _): Self.habit(found.filter { $0 != "`" && $0 != "\"" })
    case .wrongArguments(_, let complaint): complaint.note.map { [Note($0)] } ?? []
    case .misplacedClause(let word, let owner, let known):
      if known.contains(word) {
        [Note("a setting is written `\(word) = …`")]
      } else if let meant = Habit.suggestion(for: word, among: known) {
        [Note("a setting is written `\(meant) = …`")]
      } else {
        Self.belonging(of: word, but: []) + Self.habit(word)
          + Self.settings(known, of: owner, without: word)
      }
    case .missingClause(let clause, "prune") where clause == "a criterion: `by NAME`":
      [Note("units that are named need none: `remove [4..6]`")]
    case .misplacedData: [Note("leave the `on` out")]
    case .noData(_, let known): [Self.defined(known, by: "data NAME = …")]
    case .repeated(_, let first): [Note("the first is here", at: first)]
    case .misplacedStatement(let word): [Note("`\(word)` stands outside all braces")]
    case .noModel: [Note("begin with `model \"path/to/a/model\"`")]
    case .lateModel(let step): [Note("the first use is here", at: step)]
    case .inconsistent(_, _, let other?): [Note("the other is here", at: other)]
    case .unsuitable(_, let unit, let suited, let others):
      [Note(Self.list("it is for", suited))]
        + (others.isEmpty ? [] : [Note(Self.list("for \(unit) there are", others))])
    case .missingFile(let path, _) where path.hasPrefix("~"):
      [Note("`~` has no meaning here: write the whole path")]
    case .missingFile(let path, _) where !path.hasPrefix("/"):
      [Note("paths start from the folder of the recipe")]
    default: []
    }
  }

  /// What other languages write where there is no value.
  private static let nothings: Set<String> = [
    "`none`", "`None`", "`null`", "`nil`", "`\"none\"`", "`\"None\"`", "`\"null\"`",
  ]

  /// What is said of an end of the model that was taken for a clause of its own.
  private static let bothEnds =
    "both ends are one clause, without a comma: `keep first 1 last 2`"

  private static func habit(_ name: String) -> [Note] {
    Habit.note(about: name).map { [Note($0)] } ?? []
  }

  private static func list(_ what: String, _ names: [String]) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    guard names.count > 20 else { return "\(what): \(shown)" }
    return "\(what): \(shown) and \(names.count - 20) more"
  }

  private static func defined(_ known: [String], by statement: String) -> Note {
    Note(known.isEmpty ? "`\(statement)` would define it" : list("defined", known))
  }

  private static func settings(_ known: [String], of owner: String, without name: String)
    -> [Note]
  {
    if Keyword.withClauses.contains(owner) {
      if Keyword.clauses.contains(name) {
        return [Note("`\(name)` is a clause, which is written without `=`")]
      }
      let what = owner == "quantise" ? "settings" : "settings of its units"
      let own = known.isEmpty ? [] : [Note(list(what, known))]
      return own + [Note("the settings of a plugin stand in the braces after its name")]
    }
    var notes = [Note(known.isEmpty ? "it has no settings" : list("settings", known))]
    let ofData = WindowSettings.parameters.map(\.name)
    if ofData.contains(name), !known.contains(name) {
      notes.insert(Note("`\(name)` is a setting of `data`"), at: 0)
    }
    return notes
  }

  private enum Position { case statement, clause }

  /// Where a keyword belongs.
  private static func belonging(of word: String, but known: Set<Position>) -> [Note] {
    if !known.contains(.statement), Keyword.statements.contains(word) {
      return [
        Note("`\(word)` is a statement of its own, outside the braces of `prune` and `score`")
      ]
    }
    if !known.contains(.clause), Keyword.clauses.contains(word) {
      return [Note("`\(word)` is a clause and stands in the braces of `prune`")]
    }
    return []
  }
}

extension RecipeProblem.Elsewhere {
  fileprivate func note(_ name: String) -> Note {
    switch self {
    case .later(let span): Note("it is defined further down", at: span)
    case .variable: Note("`\(name)` is a `let`: write `$\(name)`")
    case .data: Note("`\(name)` is data, which is named without `$`")
    case .dataSource: Note("`\(name)` is a data source: `data NAME = \(name) …` gives it a name")
    }
  }
}

extension PluginKind {
  /// What a name is, and how a recipe uses it.
  fileprivate func meaning(of name: String) -> String {
    "`\(name)` is \(phrase)"
      + (place(of: name).map { ": \($0)" } ?? ", which other plugins ask for")
  }
}
