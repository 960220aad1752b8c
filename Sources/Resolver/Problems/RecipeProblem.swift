import BillhookCore
import BillhookRecipe

/// Everything that can be wrong with a recipe whose syntax is right; the wording is in
/// `RecipeProblem+Message.swift` and `RecipeProblem+Notes.swift`.
enum RecipeProblem {
  case unknownStatement(String, kinds: [PluginKind])
  case unknownClause(String, of: String, known: [String])
  case unknownPlugin(String, PluginKind, known: [String], otherKinds: [PluginKind])
  case unknownSetting(String, of: String, known: [String])
  case unknownVariable(String, known: [String], Elsewhere?)
  case unknownData(String, known: [String], Elsewhere?)
  case wrongValue(setting: String, expected: String, found: String, suggestion: String?)
  case wrongArguments(of: String, Complaint)
  case missingClause(String, of: String)
  case misplacedClause(String, of: String, known: [String])
  case misplacedData(of: String)
  case noData(for: String, known: [String])
  case repeated(String, first: SourceSpan)
  case noModel
  case lateModel(after: SourceSpan)
  case misplacedStatement(String)
  case inconsistent(String, String, with: SourceSpan?)
  case unsuitable(String, unit: String, suited: [String], others: [String])
  case tooLarge(String)
  case tooManySteps(Int)
  case missingFile(String, suggestion: String?)
  case directoryForFile(String)
  case unusableModel(String)
  case unused(String, name: String)

  /// Where else a name has a meaning, when it has none where it stands.
  enum Elsewhere {
    case later(SourceSpan)
    case variable
    case data
    case dataSource
  }
}

/// What is wrong with the values after a statement, a clause or a plugin's name.
struct Complaint: Error {
  /// What should stand there.
  let expected: String
  /// The index of the value to point at; nil for the word that lacks one.
  var argument: Int?
  /// What stands there instead, where it is not the whole value.
  var found: String?
  /// What may help.
  var note: String?
  /// What was probably meant.
  var suggestion: String?
}
