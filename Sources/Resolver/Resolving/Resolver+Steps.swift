import BillhookCore
import BillhookPipeline
import BillhookRecipe

extension Resolver {
  /// `recover NAME on DATA { … }`.
  mutating func recover(_ statement: Statement) -> RecoverStep? {
    let found = plugin(.recovery, of: statement)
    let data = requiredData(statement, of: found)
    guard let recovery = found as? any Recovery, let data else { return nil }
    return RecoverStep(recovery: recovery, data: data, span: statement.span)
  }

  /// `evaluate NAME on DATA { … }`, or without `on` where the model is measured by itself.
  mutating func evaluate(_ statement: Statement) -> EvaluateStep? {
    let found = plugin(.evaluation, of: statement)
    if let evaluation = found as? any ModelEvaluation {
      refuseData(statement, of: type(of: evaluation).name)
      return EvaluateStep(evaluation: evaluation, data: nil, span: statement.span)
    }
    let data = requiredData(statement, of: found)
    guard let evaluation = found as? any Evaluation, let data else { return nil }
    return EvaluateStep(evaluation: evaluation, data: data, span: statement.span)
  }

  /// The name of the data of something that cannot do without; nil after a report.
  private mutating func requiredData(
    _ statement: Statement,
    of plugin: (any Plugin)?
  ) -> String? {
    let form = plugin.map { ($0 as? any Evaluation).map { type(of: $0).dataForm } ?? .text }
    switch dataUse(statement, taking: form, for: plugin.map { type(of: $0).name }) {
    case .named(let name): return name
    case .faulty: return nil
    case .none:
      guard let plugin else { return nil }
      let span = statement.arguments.first?.span ?? statement.keyword.span
      report(.noData(for: type(of: plugin).name, known: scope.dataKeys.keys.sorted()), at: span)
      return nil
    }
  }

  /// `save [FORMAT] "path" { … }`.
  mutating func save(_ statement: Statement) -> SaveStep? {
    refuseData(statement)
    var settings = SaveSettings()
    let own = SaveSettings.parameters
    configure(&settings, own, from: statement.body, of: "save", isAlone: false)
    var arguments = statement.arguments
    var name = registry.defaultFormat
    let place = statement.arguments.first ?? Value(kind: .string([]), span: statement.keyword.span)
    if arguments.count == 2 {
      name = self.name(arguments.removeFirst(), of: "save", .format)
    }
    let found = name.flatMap {
      plugin(.format, named: $0, at: place, body: statement.body, others: own.map(\.name))
    }
    guard let written = path(arguments, of: statement, "the new directory's path") else {
      return nil
    }
    let span = arguments[0].span
    if let expected = written.outputFault {
      let complaint = Complaint(expected: expected, argument: 0)
      report(complaint, of: "save", at: statement.keyword.span, arguments)
      return nil
    }
    let path = located(written)
    claim(path, for: "save", at: span)
    guard let format = found as? any Format else { return nil }
    return SaveStep(format: format, path: path, overwrite: settings.overwrite, span: span)
  }

  /// Reports a path that something else of the recipe is written to as well.
  mutating func claim(_ path: String, for owner: String, at span: SourceSpan) {
    let place = FileSystem.resolved(path)
    if let first = savedPaths[place] {
      let message = "the loop around it saves to the same path again; put a variable into the path"
      report(
        first == span
          ? .inconsistent(owner, message, with: nil)
          : .repeated("the path of a `\(owner)`", first: first),
        at: span
      )
    }
    savedPaths[place] = span
  }
}
