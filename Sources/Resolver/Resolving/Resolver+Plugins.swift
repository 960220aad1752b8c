import BillhookCore
import BillhookRecipe

extension Resolver {
  /// The plugin that a statement's first argument names, set as the statement says.
  ///
  /// - Parameters:
  ///   - kind: The kind of plugin that the name must be of.
  ///   - statement: The statement, whose braces hold the plugin's settings.
  /// - Returns: The plugin; nil after a report.
  mutating func plugin(
    _ kind: PluginKind,
    of statement: Statement
  ) -> (any Plugin)? {
    plugin(kind, of: statement, body: statement.body)
  }

  /// As `plugin(_:of:)`, with other braces than the statement's.
  mutating func plugin(
    _ kind: PluginKind,
    of statement: Statement,
    body: Body?
  ) -> (any Plugin)? {
    let keyword = statement.keyword
    guard let first = statement.arguments.first else {
      let complaint = Complaint(expected: "the name of \(kind.phrase)")
      report(complaint, of: keyword.text, at: keyword.span, [])
      return nil
    }
    guard let name = name(first, of: keyword.text, kind) else { return nil }
    return plugin(
      kind,
      named: name,
      at: first,
      arguments: Array(statement.arguments.dropFirst()),
      body: body
    )
  }

  /// The plugin with a name, set by arguments and settings.
  ///
  /// - Parameters:
  ///   - kind: The kind of plugin that the name must be of.
  ///   - name: The name.
  ///   - place: Where the name stands.
  ///   - arguments: The values after the name.
  ///   - body: The braces after them.
  ///   - others: Settings in the same braces that are handled elsewhere.
  ///   - suffix: What followed the name, and follows it in messages.
  /// - Returns: The plugin; nil after a report.
  mutating func plugin(
    _ kind: PluginKind,
    named name: String,
    at place: Value,
    arguments: [Value] = [],
    body: Body?,
    others: [String] = [],
    suffix: String = ""
  ) -> (any Plugin)? {
    guard let type = registry.plugin(kind, named: name) else {
      let problem = RecipeProblem.unknownPlugin(
        name + suffix,
        kind,
        known: registry.names(of: kind).map { $0 + suffix },
        otherKinds: registry.kinds(having: name)
      )
      report(problem, at: place)
      return nil
    }
    return make(type, at: place.span, arguments, body, others)
  }

  private mutating func make<P: Plugin>(
    _ type: P.Type,
    at span: SourceSpan,
    _ arguments: [Value],
    _ body: Body?,
    _ others: [String]
  ) -> (any Plugin)? {
    let before = diagnostics.count
    var plugin = type.init()
    let misplaced = body?.settings.first { setting in
      P.parameters.contains { $0.isArgument && $0.name == setting.name.text }
    }
    if let misplaced {
      report(misplacedArgument(misplaced, of: P.self), of: P.name, at: misplaced.span, [])
    } else {
      setArguments(&plugin, arguments, at: span)
    }
    let settings = P.parameters.filter { !$0.isArgument }
    let arguments = P.parameters.filter(\.isArgument).map(\.name)
    configure(&plugin, settings, from: body, of: P.name, others: others, reported: arguments)
    refuseClauses(body, of: P.name, known: (settings.map(\.name) + others).sorted())
    guard diagnostics.count == before else { return nil }
    do throws(ParameterProblem) {
      try plugin.validate()
      return plugin
    } catch {
      report(
        .inconsistent(error.parameter ?? P.name, error.message, with: nil),
        at: self.span(of: error.parameter, in: body) ?? span
      )
      return nil
    }
  }

  private func misplacedArgument<P: Plugin>(
    _ setting: Setting,
    of type: P.Type
  ) -> Complaint {
    let arguments = P.parameters.filter(\.isArgument)
    let values = arguments.map {
      $0.name == setting.name.text
        ? recipe.source.text(in: setting.value.span) : $0.name.uppercased()
    }
    return Complaint(
      expected: arguments.map(\.permitted).joined(separator: ", then ") + " after its name",
      found: "the setting `\(setting.name.text)`",
      note: "write `\(P.name) \(values.joined(separator: " "))`"
    )
  }

  private mutating func setArguments<P: Plugin>(
    _ plugin: inout P,
    _ arguments: [Value],
    at span: SourceSpan
  ) {
    let parameters = P.parameters.filter(\.isArgument)
    for (parameter, value) in zip(parameters, arguments) {
      guard let literal = literal(value) else { continue }
      guard set(parameter, of: &plugin, to: literal, at: value) else {
        let complaint = Complaint(
          expected: parameter.permitted,
          argument: 0,
          suggestion: parameter.correction(of: literal, in: plugin)
        )
        report(complaint, of: P.name, at: span, [value])
        continue
      }
    }
    if arguments.count < parameters.count {
      let lacking = parameters.dropFirst(arguments.count).map(\.permitted)
      report(Complaint(expected: lacking.joined(separator: ", then ")), of: P.name, at: span, [])
    } else if arguments.count > parameters.count {
      let extra = Array(arguments.dropFirst(parameters.count))
      let takesData = !(plugin is any DataSource) && !(plugin is any Format)
      let place = parameters.isEmpty ? "its name" : nil
      refuse(extra, of: P.name, after: place, takesData: takesData)
    }
  }

  /// Reports values that nothing takes, with what was expected nothing after, if anything at all.
  mutating func refuse(
    _ extra: [Value],
    of owner: String,
    after place: String?,
    takesData: Bool
  ) {
    guard let first = extra.first, let last = extra.last else { return }
    let span = first.span.through(last.span)
    let complaint = Complaint(
      expected: place.map { "nothing after \($0)" } ?? "nothing more",
      found: "`\(recipe.source.text(in: span).shortened)`",
      note: Self.separation(first),
      suggestion: extra.count == 1 && takesData && lacksOn(extra[...])
        ? "on \(recipe.source.text(in: span))" : nil
    )
    report(.wrongArguments(of: owner, complaint), at: span)
  }

  /// What to say where a clause seems to begin among the values of another.
  static func separation(_ value: Value) -> String? {
    guard case .word(let word) = value.kind, Keyword.clauses.contains(word) else { return nil }
    return "clauses are separated by commas or line ends"
  }
}
