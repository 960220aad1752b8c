import BillhookCore
package import BillhookRecipe

/// What a plan works with: its recipe, the model that it begins with, and data.
package struct PlanInputs: Sendable {
  /// The recipe that it was made from.
  package let source: SourceText
  /// The folder that paths in the recipe start from.
  package let folder: String
  /// The model that it starts with.
  package let model: ModelStep
  /// The data sources by key.
  package let data: [String: DataStep]
  /// How large the tasks among them are.
  let sizes = TaskSizes()
  /// The windows of other data, as far as they are known.
  let windows = KnownWindows()

  package init(source: SourceText, folder: String, model: ModelStep, data: [String: DataStep]) {
    self.source = source
    self.folder = folder
    self.model = model
    self.data = data
  }

  /// What the recipe calls some data.
  package func name(ofData key: String) -> String { data[key]?.name ?? key }

  /// Some data with how windows are cut from it, as records of saved models say it.
  func described(_ key: String) -> String {
    guard let step = data[key] else { return key }
    return "on \(step.source.signature) { \(step.windows.signature) }"
  }
}
