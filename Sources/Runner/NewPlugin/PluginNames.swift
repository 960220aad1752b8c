import ArgumentParser
import BillhookCore

/// Everything that is named after a new plugin.
struct PluginNames {
  /// The name in recipes: `relative_magnitude`.
  let plugin: String
  /// The type: `RelativeMagnitude`.
  let type: String

  /// Checks a name and makes the others of it.
  ///
  /// - Throws: `ValidationError` when recipes could not name the plugin, or name one by that already.
  init(_ name: String, kind: PluginKind, _ registry: Registry) throws {
    guard Registry.isPluginName(name) else {
      throw ValidationError(
        "a plugin's name begins with a letter and has only a-z, 0-9 and _, as in `my_criterion`; "
          + "found `\(name.prefix(60))`"
      )
    }
    guard registry.plugin(kind, named: name) == nil else {
      throw ValidationError(
        "there is a \(kind.noun) named `\(name)` already; `billhook explain \(name)` "
          + "tells about it"
      )
    }
    plugin = name
    func capitalised(_ word: some StringProtocol) -> String {
      word.prefix(1).uppercased() + word.dropFirst()
    }
    let plain = name.split(separator: "_").map(capitalised).joined()
    // Such a type would hide one that its own file needs.
    type = Self.taken.contains(plain) ? plain + capitalised(kind.rawValue) : plain
  }

  /// The module.
  var module: String { "\(type)Plugin" }

  /// The name with dashes, as folders and programs have it.
  private var dashed: String { plugin.replacing("_", with: "-") }

  /// The package, and the folder that it lies in.
  var package: String { dashed }

  /// The executable: billhook with the plugin.
  var executable: String { "billhook-\(dashed)" }

  /// The file of the recipe.
  var recipe: String { "\(plugin).recipe" }

  /// Types that templates use, and words that Swift keeps for itself.
  private static let taken: Set<String> = [
    "Allocation", "Any", "Array", "BillhookRunner", "BlockActivations", "BlockShape",
    "BlockUnits", "BudgetError", "BuiltinPlugins", "Conformance", "Criterion", "Data",
    "DataError", "DataSource", "Dictionary", "Document", "Double", "DType", "Error",
    "Evaluation", "Evidence", "False", "FileSystem", "Float", "Format", "Gates", "Generator",
    "InputFile",
    "InputMoments", "Int", "LanguageModel", "Metric", "ModelWriter", "Never", "None",
    "Optional", "Parameter", "Plugin", "ProjectionCut", "Protocol", "PrunableUnit",
    "PruningUnit", "RandomSeed", "Ranking", "Recovery", "RecoveryContext", "Registry", "Repair",
    "RepairedProjection", "Result", "RunContext", "SaliencyCriterion", "Self", "Sendable",
    "Search", "SearchCourse", "SearchProposals", "SearchSpace", "SearchTask", "SearchWork",
    "Set", "Slice", "Statistics", "String", "Suite", "Swift", "Tensor", "TensorBundle", "Test",
    "Testing", "TextReader", "TokenSet", "Training", "TrainingRecovery", "TrainingSettings",
    "Traversal", "True", "Type", "UnitGranularity", "WeightID", "WeightRole", "WholeWeights",
  ]
}
