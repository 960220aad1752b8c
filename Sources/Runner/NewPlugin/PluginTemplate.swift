import BillhookCore

/// A plugin to fill in, which works as it is.
struct PluginTemplate {
  /// The file with the plugin.
  let source: String
  /// The tests of what it computes, as members of a suite.
  let tests: String
  /// What a recipe does with it, after the model and the data.
  let statements: String
  /// The types that are registered.
  let types: [String]

  /// A template of a kind, with the names of the plugin in it.
  init(_ kind: PluginKind, _ names: PluginNames) {
    self =
      switch kind {
      case .criterion: .criterion(names)
      case .unit: .unit(names)
      case .evidence: .evidence(names)
      case .allocation: .allocation(names)
      case .search: .search(names)
      case .refiner: .refiner(names)
      case .repair: .repair(names)
      case .quantiser: .quantiser(names)
      case .recovery: .recovery(names)
      case .data: .data(names)
      case .evaluation: .evaluation(names)
      case .format: .format(names)
      }
  }

  init(source: String, tests: String, statements: String, types: [String]) {
    self.source = source
    self.tests = tests
    self.statements = statements
    self.types = types
  }
}
