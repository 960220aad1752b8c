import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// The data that a statement names with `on`.
enum DataUse {
  /// There is no `on`.
  case none
  /// What follows `on` is wrong, which was reported.
  case faulty
  case named(String)
}

extension Resolver {
  /// `let NAME = value`.
  mutating func define(_ statement: Statement) {
    guard let name = statement.name, let value = statement.arguments.first else { return }
    let measured = measured(replacement(of: name.text)?.placed(at: value.span) ?? value)
    if let other = variables[name.text] {
      return report(.repeated("`let \(name.text)`", first: other.span), at: name.span)
    }
    scope.variables[name.text] = Variable(value: measured, span: name.span)
  }

  /// `data NAME = plugin … { … }`.
  mutating func describe(_ statement: Statement) {
    guard let name = statement.name, let first = statement.arguments.first else { return }
    let kind = self.name(first, of: "data", .data)
    let isTask = kind.flatMap { registry.plugin(.data, named: $0) } is any TaskSource.Type
    let isMixed = kind.flatMap { registry.plugin(.data, named: $0) } is any MixedSource.Type
    let isPlain = !isTask && !isMixed
    var windows =
      isPlain
      ? windows(statement.body, of: kind ?? "data", at: first.span) : WindowSettings()
    let found = kind.flatMap {
      plugin(
        .data,
        named: $0,
        at: first,
        arguments: Array(statement.arguments.dropFirst()),
        body: statement.body,
        others: isPlain ? WindowSettings.parameters.map(\.name) : []
      )
    }
    if let source = found as? any ConversationSource,
      let problem = windows.problem(with: source.rules)
    {
      report(
        .inconsistent(problem.parameter ?? type(of: source).name, problem.message, with: nil),
        at: span(of: problem.parameter, in: statement.body) ?? first.span
      )
    }
    var parts: [String] = []
    if let mixed = found as? any MixedSource, statement.arguments.count > 1 {
      parts = self.parts(of: mixed, at: statement.arguments[1])
      // What it is drawn from has one length.
      windows.length = parts.first.flatMap { data[$0]?.windows.length }
    }
    if let other = scope.dataKeys[name.text].flatMap({ data[$0] }) {
      return report(.repeated("`data \(name.text)`", first: other.span), at: name.span)
    }
    // A faulty one is known all the same, so that its uses are not reported as well.
    let key = data[name.text] == nil ? name.text : "\(name.text)@\(data.count)"
    scope.dataKeys[name.text] = key
    data[key] = DataStep(
      key: key,
      name: name.text,
      source: found as? any DataSource ?? FaultyData(),
      windows: windows,
      parts: parts,
      span: name.span
    )
  }

  /// The keys of what a mixture is drawn from; none after a report.
  private mutating func parts(of mixed: any MixedSource, at value: Value) -> [String] {
    let plugin = type(of: mixed).name
    var keys: [String] = []
    for part in mixed.parts {
      guard let key = scope.dataKeys[part.name], let step = data[key] else {
        let elsewhere = later("data", part.name, than: value.span).map(
          RecipeProblem.Elsewhere.later
        )
        let problem = RecipeProblem.unknownData(
          part.name,
          known: scope.dataKeys.keys.sorted(),
          elsewhere
        )
        report(problem, at: value.element(named: part.name) ?? value)
        return []
      }
      usedData.insert(key)
      if step.source is FaultyData { return [] }
      guard step.source.dataForm == .text else {
        let message = unfitting(step, for: .text)
        report(.inconsistent(plugin, message, with: step.span), at: value)
        return []
      }
      if let first = keys.first.flatMap({ data[$0] }), first.windows.length != step.windows.length {
        func phrase(_ step: DataStep) -> String {
          let length = step.windows.length.map { "windows of \(counted($0, "token"))" }
          return "`\(step.name)` gives \(length ?? "whole documents")"
        }
        let message = "\(phrase(first)), and \(phrase(step)); give both the same `length`"
        report(.inconsistent(plugin, message, with: step.span), at: value)
        return []
      }
      keys.append(key)
    }
    return keys
  }

  private mutating func windows(
    _ body: Body?,
    of source: String,
    at span: SourceSpan
  ) -> WindowSettings {
    var windows = WindowSettings()
    let before = diagnostics.count
    configure(&windows, WindowSettings.parameters, from: body, of: source, isAlone: false)
    guard diagnostics.count == before else { return windows }
    do throws(ParameterProblem) {
      try windows.validate()
    } catch {
      report(
        .inconsistent(error.parameter ?? source, error.message, with: nil),
        at: self.span(of: error.parameter, in: body) ?? span
      )
    }
    return windows
  }

  /// The data after `on`, known to be defined and to give what is taken.
  ///
  /// - Parameters:
  ///   - statement: The statement or clause.
  ///   - form: What it takes; nil where that is not known.
  ///   - owner: What messages call it; nil for its keyword.
  /// - Returns: The data.
  mutating func dataUse(
    _ statement: Statement,
    taking form: DataForm? = .text,
    for owner: String? = nil
  ) -> DataUse {
    guard let value = statement.dataset else { return .none }
    guard let name = name(value, of: "on", nil) else { return .faulty }
    guard let key = scope.dataKeys[name] else {
      var elsewhere = later("data", name, than: value.span).map(RecipeProblem.Elsewhere.later)
      if variables[name] != nil { elsewhere = elsewhere ?? .variable }
      if registry.plugin(.data, named: name) != nil { elsewhere = elsewhere ?? .dataSource }
      report(.unknownData(name, known: scope.dataKeys.keys.sorted(), elsewhere), at: value)
      return .faulty
    }
    usedData.insert(key)
    guard let form, let step = data[key], isUnfitting(step, for: form) else { return .named(key) }
    let message = unfitting(step, for: form)
    report(.inconsistent(owner ?? statement.keyword.text, message, with: step.span), at: value)
    return .faulty
  }

  /// The data of a statement that names units, which were wrong if data without `on` stands after them.
  mutating func dataUse(_ statement: Statement, after units: [any PruningUnit]?) -> DataUse {
    units == nil && lacksOn(statement.arguments.dropFirst()) ? .faulty : dataUse(statement)
  }

  /// Whether the first of some values after a plugin's name is data, so that `on` is missing before it.
  func lacksOn(_ values: ArraySlice<Value>) -> Bool {
    guard case .word(let word)? = values.first?.kind else { return false }
    return scope.dataKeys[word] != nil
  }

  /// Whether data is not what something takes.
  func isUnfitting(_ step: DataStep, for form: DataForm) -> Bool {
    !(step.source is FaultyData) && step.source.dataForm != form
  }

  /// Why data is not what something takes, and what would be done with it.
  func unfitting(_ step: DataStep, for form: DataForm) -> String {
    let found = step.source.dataForm
    let evaluations = registry.names(of: .evaluation).filter {
      let type = registry.plugin(.evaluation, named: $0) as? any Evaluation.Type
      return type?.dataForm == found && !(type is any ModelEvaluation.Type)
    }
    let measured = evaluations.map { "`evaluate \($0) on \(step.name)`" }
    let advice =
      found == .text
      ? "`data … = task \"file\"` reads questions"
      : measured.isEmpty ? "" : "\(measured.joined(separator: " or ")) measures them"
    return "takes \(form.phrase), and `\(step.name)` gives \(found.phrase)"
      + (advice.isEmpty ? "" : "; \(advice)")
  }

  /// Reports an `on` after something that has no use for it: the statement, unless another is
  /// named.
  mutating func refuseData(_ statement: Statement, of owner: String? = nil) {
    guard let value = statement.dataset else { return }
    report(.misplacedData(of: owner ?? statement.keyword.text), at: value.span)
  }

  /// Where a name is defined after a place.
  func later(_ keyword: String, _ name: String, than place: SourceSpan) -> SourceSpan? {
    recipe.statements.first {
      $0.keyword.text == keyword && $0.name?.text == name && $0.span.start > place.start
    }?.name?.span
  }
}

/// Stands for a data source that could not be resolved; the plan is never run.
private struct FaultyData: DataSource {
  static let name = "faulty"
  static let summary = "Stands for a data source that could not be resolved."

  func documents() throws -> [Document] { [] }
}

extension Value {
  /// The word of this name, itself or in a list; nil where it is put together of variables.
  fileprivate func element(named name: String) -> Value? {
    switch kind {
    case .word(name): self
    case .list(let values): values.lazy.compactMap { $0.element(named: name) }.first
    default: nil
    }
  }
}
