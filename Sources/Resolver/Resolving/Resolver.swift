package import BillhookCore
package import BillhookPipeline
package import BillhookRecipe

/// Turns a recipe's syntax into a plan, by what the registry knows.
///
/// It goes on after a mistake, so that one run reports all of them, each once.
package struct Resolver {
  let registry: Registry
  let folder: String
  let recipe: Recipe
  var diagnostics: [Diagnostic] = []
  var scope = Scope()
  /// All data of the plan by key; inside braces, a name may stand for several.
  var data: [String: DataStep] = [:]
  var usedData: Set<String> = []
  /// What is done in the braces that are open.
  var steps: [any PlanStep] = []
  var savedPaths: [String: SourceSpan] = [:]
  /// Definitions inside braces that nothing used.
  var unused: [(problem: RecipeProblem, span: SourceSpan)] = []
  var stepCount = 0
  /// Whether there are more steps than a plan may have, which was reported.
  var isFull = false
  private let replacements: [String: Value]
  private var model: ModelStep?
  /// Whether a statement was meant to name the model, so that what is wrong with it is said there.
  private var hasModel = false
  private var firstStep: SourceSpan?

  var variables: [String: Variable] { scope.variables }

  /// Resolves a recipe.
  ///
  /// - Parameters:
  ///   - recipe: Syntax without errors.
  ///   - registry: The plugins that it may name.
  ///   - folder: The folder that paths in it start from.
  ///   - replacements: Values that replace those of its `let` statements.
  /// - Returns: The plan, or nil when a diagnostic is an error; and all diagnostics.
  package static func resolve(
    _ recipe: Recipe,
    registry: Registry,
    folder: String,
    replacing replacements: [String: Value] = [:]
  ) -> (plan: Plan?, diagnostics: [Diagnostic]) {
    var resolver = Resolver(recipe, registry, folder, replacements)
    for statement in recipe.statements { resolver.resolve(statement) }
    if !resolver.hasModel { resolver.report(.noModel, at: SourceSpan(start: 0, end: 0)) }
    let isFaulty = resolver.diagnostics.contains { $0.severity == .error }
    // Until everything is understood, nothing is known to be unused.
    if !isFaulty { resolver.reportUnused() }
    let diagnostics = resolver.diagnostics.withoutRepetitions
      .sorted { $0.span.start < $1.span.start }
    guard !isFaulty, let model = resolver.model else { return (nil, diagnostics) }
    let inputs = PlanInputs(
      source: recipe.source,
      folder: folder,
      model: model,
      data: resolver.data
    )
    return (Plan(inputs, resolver.steps), diagnostics)
  }

  private init(
    _ recipe: Recipe,
    _ registry: Registry,
    _ folder: String,
    _ replacements: [String: Value]
  ) {
    self.recipe = recipe
    self.registry = registry
    self.folder = folder
    self.replacements = replacements
  }

  /// Resolves a statement, outside or inside the braces of another.
  mutating func resolve(_ statement: Statement, isInside: Bool = false) {
    let keyword = statement.keyword
    switch keyword.text {
    case "model" where isInside:
      return report(.misplacedStatement("model"), at: keyword.span)
    case "let": return define(statement)
    case "data": return describe(statement)
    case "model": return open(statement)
    case "score": for step in scores(statement) { add(step, at: keyword.span) }
    case "prune": if let step = prune(statement) { add(step, at: keyword.span) }
    case "quantise": if let step = quantise(statement) { add(step, at: keyword.span) }
    case "recover": if let step = recover(statement) { add(step, at: keyword.span) }
    case "evaluate": if let step = evaluate(statement) { add(step, at: keyword.span) }
    case "save": if let step = save(statement) { add(step, at: keyword.span) }
    case "always": always(statement)
    case "repeat": repeats(statement)
    case "branch": branch(statement)
    case "each": each(statement)
    default:
      let problem = RecipeProblem.unknownStatement(
        keyword.text,
        kinds: registry.kinds(having: keyword.text)
      )
      if problem.suggestion == "model" { hasModel = true }
      return report(problem, at: keyword.span)
    }
    firstStep = firstStep ?? keyword.span
  }

  /// `model ["new"] "path" { … }`.
  private mutating func open(_ statement: Statement) {
    hasModel = true
    var settings = ModelSettings()
    refuseData(statement)
    configure(&settings, ModelSettings.parameters, from: statement.body, of: "model")
    refuseClauses(statement.body, of: "model", known: ModelSettings.parameters.map(\.name))
    var arguments = statement.arguments
    var isNew = false
    if arguments.count > 1, case .word("new") = arguments[0].kind {
      isNew = true
      arguments.removeFirst()
    }
    let what = isNew ? "the path of a config.json" : "the model directory's path"
    guard let name = path(arguments, of: statement, what) else { return }
    checkUse(of: settings, isNew, statement)
    if let model {
      return report(.repeated("`model`", first: model.span), at: statement.keyword.span)
    }
    if let firstStep { report(.lateModel(after: firstStep), at: statement.keyword.span) }
    model = ModelStep(
      name: name,
      path: located(name),
      seed: isNew ? settings.seed ?? 0 : nil,
      adapter: settings.adapter?.path,
      ignored: settings.ignore,
      keepsZeros: settings.zeros == .keep,
      dtype: settings.dtype,
      span: arguments[0].span
    )
  }

  /// Reports settings that have no meaning for a new model, or for an existing one.
  private mutating func checkUse(
    of settings: ModelSettings,
    _ isNew: Bool,
    _ statement: Statement
  ) {
    let useless: [(name: String, isSet: Bool, message: String)] =
      isNew
      ? [
        ("adapter", settings.adapter != nil, "a new model has no adapter"),
        ("zeros", settings.zeros != nil, "a new model has no zeros to keep"),
      ] : [("seed", settings.seed != nil, "is for a new model, `model new`")]
    for (name, isSet, message) in useless where isSet {
      report(
        .inconsistent(name, message, with: nil),
        at: span(of: name, in: statement.body) ?? statement.keyword.span
      )
    }
  }

  private mutating func reportUnused() {
    for (name, variable) in variables where !variable.isUsed {
      report(.unused("let", name: name), at: variable.span)
    }
    for step in data.values where !usedData.contains(step.key) {
      report(.unused("data", name: step.name), at: step.span)
    }
    for (problem, span) in unused { report(problem, at: span) }
  }

  /// The value that `--let` gives in place of a `let`.
  func replacement(of name: String) -> Value? { replacements[name] }

  // MARK: Reports

  /// Reports what is wrong at a place.
  mutating func report(_ problem: RecipeProblem, at span: SourceSpan) {
    let written = recipe.source.text(in: span)
    diagnostics.append(Diagnostic(problem, at: span, written: written))
  }

  /// Reports what is wrong with a value; where it came from a variable, the report says so, and
  /// offers nothing to replace the variable.
  mutating func report(_ problem: RecipeProblem, at value: Value) {
    guard value.hasVariables else { return report(problem, at: value.span) }
    var definition: Note?
    if case .variable(let name) = value.kind, let variable = variables[name] {
      definition = Note("`$\(name)` is defined here", at: variable.span)
    }
    diagnostics.append(Diagnostic(problem, at: value.span, definition: definition))
  }

  /// Reports what is wrong with the values after a word or name.
  mutating func report(
    _ complaint: Complaint,
    of owner: String,
    at span: SourceSpan,
    _ arguments: [Value]
  ) {
    var complaint = complaint
    guard let index = complaint.argument, arguments.indices.contains(index) else {
      return report(.wrongArguments(of: owner, complaint), at: span)
    }
    let value = arguments[index]
    complaint.found = complaint.found ?? literal(value)?.quoted
    report(.wrongArguments(of: owner, complaint), at: value)
  }
}
