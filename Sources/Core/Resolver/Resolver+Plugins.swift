import BillhookModels
import BillhookRecipe

extension Resolver {
  /// The plugin that a statement's first argument names, set as the statement says.
  mutating func plugin(
    _ kind: PluginKind,
    of statement: Statement,
    usingBody: Bool = true
  ) -> (any Plugin)? {
    guard let first = statement.arguments.first, let name = name(first) else {
      report(
        .wrongArguments(of: statement.keyword.text, expected: "the name of a \(kind.rawValue)"),
        at: statement.keyword.span
      )
      return nil
    }
    return plugin(
      kind,
      named: name,
      at: first.span,
      arguments: Array(statement.arguments.dropFirst()),
      body: usingBody ? statement.body : nil
    )
  }

  /// The plugin with a name, set by arguments and settings; nil after a report.
  mutating func plugin(
    _ kind: PluginKind,
    named name: String,
    at span: SourceSpan,
    arguments: [Value],
    body: Body?,
    except others: Set<String> = [],
    suffix: String = ""
  ) -> (any Plugin)? {
    guard let type = registry.plugin(kind, named: name) else {
      let known = registry.names(of: kind).map { $0 + suffix }
      let others = registry.kinds(having: name)
      report(.unknownPlugin(name + suffix, kind, known: known, otherKinds: others), at: span)
      return nil
    }
    return make(type, at: span, arguments: arguments, body: body, except: others)
  }

  private mutating func make<P: Plugin>(
    _ type: P.Type,
    at span: SourceSpan,
    arguments: [Value],
    body: Body?,
    except others: Set<String>
  ) -> (any Plugin)? {
    let before = diagnostics.count
    var plugin = type.init()
    setArguments(&plugin, arguments, at: span)
    configure(
      &plugin,
      P.parameters.filter { !$0.isArgument },
      from: body,
      except: others,
      of: P.name,
      at: span
    )
    guard diagnostics.count == before else { return nil }
    do throws(ParameterProblem) {
      try plugin.validate()
    } catch {
      report(
        .inconsistent(plugin: P.name, error.message),
        at: self.span(of: error.parameter, in: body) ?? span
      )
      return nil
    }
    return plugin
  }

  private mutating func setArguments<P: Plugin>(
    _ plugin: inout P,
    _ arguments: [Value],
    at span: SourceSpan
  ) {
    let parameters = P.parameters.filter(\.isArgument)
    guard arguments.count == parameters.count else {
      let expected = parameters.map(\.expectation).joined(separator: ", then ")
      return report(
        .wrongArguments(
          of: P.name,
          expected: parameters.isEmpty ? "nothing behind its name" : expected
        ),
        at: arguments.last?.span ?? span
      )
    }
    for (parameter, value) in zip(parameters, arguments) { set(parameter, of: &plugin, to: value) }
  }

  /// Sets parameters by the settings in braces.
  ///
  /// - Parameters:
  ///   - root: What has the parameters.
  ///   - parameters: Those that settings may name.
  ///   - body: The braces.
  ///   - mine: The settings to look at, where somebody else looks at the others.
  ///   - others: Settings that somebody else looks at.
  ///   - owner: Whose settings they are, for messages.
  ///   - span: The owner's place.
  mutating func configure<Root>(
    _ root: inout Root,
    _ parameters: [Parameter<Root>],
    from body: Body?,
    only mine: Set<String>? = nil,
    except others: Set<String> = [],
    of owner: String,
    at span: SourceSpan
  ) {
    for setting in body?.settings ?? [] where !others.contains(setting.name.text) {
      if let parameter = parameters.first(where: { $0.name == setting.name.text }) {
        set(parameter, of: &root, to: setting.value)
      } else if mine == nil {
        let known = parameters.map(\.name) + others
        report(
          .unknownSetting(setting.name.text, of: owner, known: known.sorted()),
          at: setting.name.span
        )
      }
    }
    guard mine == nil else { return }
    for clause in body?.clauses ?? [] {
      report(.misplacedClause(clause.keyword.text, of: owner), at: clause.keyword.span)
    }
  }

  private mutating func set<Root>(
    _ parameter: Parameter<Root>,
    of root: inout Root,
    to value: Value
  ) {
    guard let literal = literal(value) else { return }
    guard parameter.assign(literal, to: &root) else {
      return report(
        .wrongValue(
          setting: parameter.name,
          expected: parameter.permitted,
          found: literal.description
        ),
        at: value.span
      )
    }
    guard let path = parameter.filePath(of: root) else { return }
    parameter.setFilePath(located(path), of: &root)
    if !FileSystem.exists(located(path)) { report(.missingFile(path), at: value.span) }
  }

  /// The place of a setting with this name.
  func span(of name: String?, in body: Body?) -> SourceSpan? {
    body?.settings.first { $0.name.text == name }?.span
  }
}
