import BillhookPipeline
import BillhookRecipe
import BillhookCore

extension RecipeProblem {
  /// What `billhook explain` knows the problem by.
  var code: PlanCode {
    switch self {
    case .unknownStatement: .unknownStatement
    case .unknownPlugin: .unknownPlugin
    case .unknownSetting: .unknownSetting
    case .unknownVariable: .unknownVariable
    case .unknownData: .unknownData
    case .unknownClause: .unknownClause
    case .wrongValue: .wrongValue
    case .wrongArguments: .wrongArguments
    case .missingClause: .missingClause
    case .misplacedClause: .misplacedClause
    case .misplacedData: .misplacedData
    case .noData: .noData
    case .repeated: .repeated
    case .noModel: .noModel
    case .lateModel: .lateModel
    case .inconsistent: .inconsistent
    case .unsuitable: .unsuitable
    case .tooLarge, .tooManySteps: .tooLarge
    case .misplacedStatement: .misplacedStatement
    case .missingFile, .directoryForFile: .missingFile
    case .unusableModel: .unusableModel
    case .unused: .unused
    }
  }

  /// What is wrong, with what was found.
  var message: String {
    switch self {
    case .unknownStatement(let word, _): "no statement begins with `\(word)`"
    case .unknownClause(let word, let statement, _): "`\(statement)` has no clause `\(word)`"
    case .unknownPlugin(let name, let kind, _, _): "no \(kind.noun) is named `\(name)`"
    case .unknownSetting(let name, let owner, _): "`\(owner)` has no setting `\(name)`"
    case .unknownVariable(let name, _, _): "no `let` defines `\(name)` before this"
    case .unknownData(let name, _, _): "no `data` defines `\(name)` before this"
    case .wrongValue(let setting, let expected, let found, _):
      "`\(setting)` expects \(expected), found \(found)"
    case .wrongArguments(let owner, let complaint):
      "`\(owner)` expects \(complaint.expected), found \(complaint.found ?? "nothing")"
    case .missingClause(let clause, let statement): "`\(statement)` needs \(clause)"
    case .misplacedClause(let clause, let owner, _):
      "`\(owner)` takes settings, found the clause `\(clause)`"
    case .misplacedData(let owner): "`\(owner)` uses no data"
    case .noData(let owner, _): "`\(owner)` needs data: write `on NAME`"
    case .repeated(let what, _): "\(what) stands here a second time"
    case .noModel: "the recipe names no model"
    case .lateModel: "`model` stands after what is done with the model"
    case .inconsistent(let what, let message, _): "`\(what)`: \(message)"
    case .unsuitable(let name, let unit, _, _): "`\(name)` is not for units like \(unit)"
    case .tooLarge(let bound): "with its variables written out, the value exceeds \(bound)"
    case .tooManySteps(let most): "with all loops written out, the recipe exceeds \(most) steps"
    case .misplacedStatement(let word): "`\(word)` stands inside braces"
    case .missingFile(let path, _): "there is no file `\(path)`"
    case .directoryForFile(let path): "expected a file, found the directory `\(path)`"
    case .unusableModel(let message): message
    case .unused(let keyword, let name): "`\(keyword) \(name)` is used nowhere"
    }
  }

  /// What follows the caret.
  var label: String? {
    switch self {
    case .repeated: "the second"
    default: suggestion.map { "did you mean `\($0)`?" }
    }
  }

  /// The name or value that was probably meant.
  var suggestion: String? {
    switch self {
    case .unknownStatement(let word, let kinds):
      kinds.isEmpty && !Keyword.clauses.contains(word)
        ? Habit.suggestion(for: word, among: Keyword.statements) : nil
    case .unknownPlugin(let name, _, let known, let others):
      others.isEmpty
        ? Habit.suggestion(for: name, among: known) : Habit.meant(by: name, among: known)
    case .unknownClause(let name, _, let known), .unknownSetting(let name, _, let known),
      .unknownVariable(let name, let known, nil), .unknownData(let name, let known, nil):
      Habit.suggestion(for: name, among: known)
    case .wrongValue(_, _, _, let suggestion), .missingFile(_, let suggestion): suggestion
    case .wrongArguments(_, let complaint): complaint.suggestion
    default: nil
    }
  }

  /// The text with which the suggestion would replace what is written there.
  func replacement(of written: String) -> String? {
    guard case .unknownVariable = self else { return suggestion }
    return suggestion.map { written.hasPrefix("${") ? "${\($0)}" : "$\($0)" }
  }

  /// Whether an unknown clause belongs somewhere else.
  var isElsewhere: Bool {
    guard case .unknownClause(let word, _, _) = self else { return false }
    return Keyword.statements.contains(word) || Keyword.clauses.contains(word)
  }

  /// Whether the recipe can be run all the same.
  var isWarning: Bool {
    if case .unused = self { true } else { false }
  }
}
