package import BillhookCore
package import BillhookRecipe

/// A data source with the way windows are cut from it.
package struct DataStep: Sendable {
  /// What the plan's steps call it.
  package let key: String
  /// The name that the recipe gives it.
  package let name: String
  /// What reads the documents.
  package let source: any DataSource
  /// How they are cut.
  package let windows: WindowSettings
  /// The keys of the data that a mixture is drawn from; empty for data of its own.
  package let parts: [String]
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(
    key: String,
    name: String,
    source: any DataSource,
    windows: WindowSettings,
    parts: [String] = [],
    span: SourceSpan
  ) {
    self.key = key
    self.name = name
    self.source = source
    self.windows = windows
    self.parts = parts
    self.span = span
  }

  /// What messages call it: its name and its files.
  package var place: String {
    let files = source.files.map(\.name).joined(separator: ", ")
    return files.isEmpty ? "data `\(name)`" : "data `\(name)` (\(files))"
  }
}
