import BillhookRecipe

extension PlanProblem {
  /// The number that `billhook explain` knows the problem by.
  var code: String {
    switch self {
    case .unknownStatement: "E0101"
    case .unknownPlugin: "E0102"
    case .unknownSetting: "E0103"
    case .unknownVariable: "E0104"
    case .unknownData: "E0105"
    case .unknownClause: "E0106"
    case .wrongValue: "E0201"
    case .wrongArguments: "E0202"
    case .missingClause: "E0203"
    case .misplacedClause: "E0204"
    case .misplacedData: "E0205"
    case .noData: "E0206"
    case .repeated: "E0207"
    case .noModel: "E0208"
    case .inconsistent: "E0209"
    case .missingFile: "E0301"
    case .unusableModel: "E0302"
    case .impossibleAmount: "E0303"
    case .unusableTarget: "E0304"
    case .unused: "W0401"
    }
  }

  /// What is wrong, with what was found.
  var message: String {
    switch self {
    case .unknownStatement(let word): "no statement begins with `\(word)`"
    case .unknownClause(let word, let statement): "`\(statement)` has no clause `\(word)`"
    case .unknownPlugin(let name, let kind, _, _): "no \(kind.rawValue) is named `\(name)`"
    case .unknownSetting(let name, let owner, _): "`\(owner)` has no setting `\(name)`"
    case .unknownVariable(let name, _): "no `let` defines `\(name)` before this"
    case .unknownData(let name, _): "no `data` defines `\(name)` before this"
    case .wrongValue(let setting, let expected, let found):
      "`\(setting)` expects \(expected), found `\(found)`"
    case .wrongArguments(let owner, let expected): "`\(owner)` expects \(expected)"
    case .missingClause(let clause, let statement): "`\(statement)` needs \(clause)"
    case .misplacedClause(let clause, let owner): "`\(owner)` takes settings, not `\(clause)`"
    case .misplacedData(let owner): "`\(owner)` is not done on data"
    case .noData(let owner): "`\(owner)` needs data: write `on NAME`"
    case .repeated(let what, _): "\(what) stands here a second time"
    case .noModel: "the recipe names no model"
    case .inconsistent(let plugin, let message): "`\(plugin)`: \(message)"
    case .missingFile(let path): "there is no file `\(path)`"
    case .unusableModel(let message), .impossibleAmount(let message),
      .unusableTarget(let message):
      message
    case .unused(let keyword, let name): "`\(keyword) \(name)` is used nowhere"
    }
  }

  /// What stands behind the caret.
  var label: String? {
    suggestion.map { "did you mean `\($0)`?" }
  }

  /// The name that was probably meant.
  var suggestion: String? {
    switch self {
    case .unknownStatement(let word): Suggestion.closest(to: word, among: Resolver.statements)
    case .unknownClause(let word, _): Suggestion.closest(to: word, among: Resolver.pruneClauses)
    case .unknownPlugin(let name, _, let known, _), .unknownSetting(let name, _, let known),
      .unknownVariable(let name, let known), .unknownData(let name, let known):
      Suggestion.closest(to: name, among: known)
    default: nil
    }
  }

  /// What else helps, with a place in the recipe where there is one.
  var notes: [(text: String, span: SourceSpan?)] {
    switch self {
    case .unknownStatement:
      [(text: "statements: \(Resolver.statements.joined(separator: ", "))", span: nil)]
    case .unknownClause:
      [(text: "clauses: \(Resolver.pruneClauses.joined(separator: ", "))", span: nil)]
    case .unknownPlugin(let name, let kind, let known, let others):
      [(text: "\(kind.plural): \(known.joined(separator: ", "))", span: nil)]
        + others.map { (text: "`\(name)` is a \($0.rawValue)", span: nil) }
    case .unknownSetting(_, let owner, let known):
      [
        (
          text: known.isEmpty
            ? "`\(owner)` has no settings" : "settings: \(known.joined(separator: ", "))",
          span: nil
        )
      ]
    case .unknownVariable(_, let known) where !known.isEmpty:
      [(text: "defined: \(known.joined(separator: ", "))", span: nil)]
    case .unknownData(_, let known) where !known.isEmpty:
      [(text: "defined: \(known.joined(separator: ", "))", span: nil)]
    case .repeated(_, let first): [(text: "the first is here", span: first)]
    case .noModel: [(text: "begin with `model \"path/to/a/model\"`", span: nil)]
    default: []
    }
  }

  /// Whether the recipe can be run all the same.
  var isWarning: Bool {
    if case .unused = self { true } else { false }
  }
}
