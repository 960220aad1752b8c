public import BillhookRecipe

/// Turns a recipe's syntax into a plan, by what the registry knows.
///
/// Goes on behind a mistake, so that one run reports all of them.
public struct Resolver {
  let registry: Registry
  let folder: String
  let source: SourceText
  var diagnostics: [Diagnostic] = []
  var variables: [String: Variable] = [:]
  var data: [String: DataStep] = [:]
  var usedData: Set<String> = []
  private var model: ModelStep?
  private var steps: [Step] = []

  /// A value that a `let` named.
  struct Variable {
    /// nil when the value itself was wrong, which was reported where it stands.
    let literal: Literal?
    let span: SourceSpan
    var isUsed = false
  }

  /// The words that a statement can begin with.
  static let statements = [
    "model", "data", "let", "score", "prune", "recover", "evaluate", "save",
  ]

  /// Resolves a recipe.
  ///
  /// - Parameters:
  ///   - recipe: Syntax without errors.
  ///   - registry: The plugins that it may name.
  ///   - folder: The folder that paths in it start from.
  /// - Returns: The plan, or nil when a diagnostic is an error; and all diagnostics.
  public static func resolve(
    _ recipe: Recipe,
    registry: Registry,
    folder: String
  ) -> (plan: Plan?, diagnostics: [Diagnostic]) {
    var resolver = Resolver(registry: registry, folder: folder, source: recipe.source)
    for statement in recipe.statements { resolver.resolve(statement) }
    resolver.reportUnused()
    guard let model = resolver.model else {
      // A model that was misspelt or misplaced is reported already.
      let isExplained = resolver.diagnostics.contains { ["E0101", "E0202"].contains($0.code) }
      if !isExplained { resolver.report(.noModel, at: SourceSpan(start: 0, end: 0)) }
      return (nil, resolver.diagnostics)
    }
    let isFaulty = resolver.diagnostics.contains { $0.severity == .error }
    let plan = Plan(
      source: recipe.source,
      folder: folder,
      model: model,
      data: resolver.data,
      steps: resolver.steps
    )
    return (isFaulty ? nil : plan, resolver.diagnostics)
  }

  private init(registry: Registry, folder: String, source: SourceText) {
    self.registry = registry
    self.folder = folder
    self.source = source
  }

  private mutating func resolve(_ statement: Statement) {
    switch statement.keyword.text {
    case "let": define(statement)
    case "data": describe(statement)
    case "model": open(statement)
    case "score": steps += scores(statement).map(Step.score)
    case "prune": if let step = prune(statement) { steps.append(.prune(step)) }
    case "recover": if let step = recover(statement) { steps.append(.recover(step)) }
    case "evaluate": if let step = evaluate(statement) { steps.append(.evaluate(step)) }
    case "save": if let step = save(statement) { steps.append(.save(step)) }
    default: report(.unknownStatement(statement.keyword.text), at: statement.keyword.span)
    }
  }

  private mutating func open(_ statement: Statement) {
    var settings = ModelSettings()
    refuseData(statement)
    configure(
      &settings,
      ModelSettings.parameters,
      from: statement.body,
      of: "model",
      at: statement.keyword.span
    )
    guard let name = path(statement, expected: "the path of a model directory in quotes") else {
      return
    }
    if let model {
      return report(.repeated("`model`", first: model.span), at: statement.keyword.span)
    }
    model = ModelStep(
      name: name,
      path: located(name),
      dtype: settings.dtype,
      span: statement.arguments[0].span
    )
  }

  private mutating func save(_ statement: Statement) -> SaveStep? {
    refuseData(statement)
    var settings = SaveSettings()
    var arguments = statement.arguments[...]
    var name = "huggingface"
    if arguments.count == 2, let first = arguments.popFirst(), let word = self.name(first) {
      name = word
    }
    let span = statement.arguments.first?.span ?? statement.keyword.span
    let own = Set(SaveSettings.parameters.map(\.name))
    configure(
      &settings,
      SaveSettings.parameters,
      from: statement.body,
      only: own,
      of: "save",
      at: span
    )
    let format = plugin(
      .format,
      named: name,
      at: span,
      arguments: [],
      body: statement.body,
      except: own
    )
    guard arguments.count == 1, let value = arguments.first,
      case .string(let path) = literal(value)
    else {
      report(.wrongArguments(of: "save", expected: "a path in quotes"), at: statement.keyword.span)
      return nil
    }
    guard let format = format as? any Format else { return nil }
    for case .save(let other) in steps where other.path == located(path) {
      report(.repeated("the path of a `save`", first: other.span), at: value.span)
    }
    return SaveStep(
      format: format,
      path: located(path),
      overwrite: settings.overwrite,
      span: value.span
    )
  }

  private mutating func recover(_ statement: Statement) -> RecoverStep? {
    guard let recovery = plugin(.recovery, of: statement) as? any Recovery,
      let data = requiredData(statement, of: type(of: recovery).name)
    else { return nil }
    return RecoverStep(recovery: recovery, data: data, span: statement.span)
  }

  private mutating func evaluate(_ statement: Statement) -> EvaluateStep? {
    guard let evaluation = plugin(.evaluation, of: statement) as? any Evaluation,
      let data = requiredData(statement, of: type(of: evaluation).name)
    else { return nil }
    return EvaluateStep(evaluation: evaluation, data: data, span: statement.span)
  }

  private mutating func reportUnused() {
    for (name, variable) in variables.sorted(by: { $0.value.span.start < $1.value.span.start })
    where !variable.isUsed {
      report(.unused("let", name: name), at: variable.span)
    }
    for step in data.values.sorted(by: { $0.span.start < $1.span.start })
    where !usedData.contains(step.name) {
      report(.unused("data", name: step.name), at: step.span)
    }
  }
}
