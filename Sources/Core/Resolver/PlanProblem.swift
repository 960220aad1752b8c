import BillhookRecipe

/// Everything that can be wrong with a recipe whose syntax is right; the wording stands in
/// `PlanProblem+Wording.swift`.
enum PlanProblem {
  case unknownStatement(String)
  case unknownClause(String, of: String)
  case unknownPlugin(String, PluginKind, known: [String], otherKinds: [PluginKind])
  case unknownSetting(String, of: String, known: [String])
  case unknownVariable(String, known: [String])
  case unknownData(String, known: [String])
  case wrongValue(setting: String, expected: String, found: String)
  case wrongArguments(of: String, expected: String)
  case missingClause(String, of: String)
  case misplacedClause(String, of: String)
  case misplacedData(of: String)
  case noData(for: String)
  case repeated(String, first: SourceSpan)
  case noModel
  case inconsistent(plugin: String, String)
  case missingFile(String)
  case unusableModel(String)
  case impossibleAmount(String)
  case unusableTarget(String)
  case unused(String, name: String)
}
