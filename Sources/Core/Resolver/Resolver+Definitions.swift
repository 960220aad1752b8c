import BillhookRecipe

extension Resolver {
  /// `let NAME = value`
  mutating func define(_ statement: Statement) {
    guard let name = statement.name, let value = statement.arguments.first else { return }
    if let other = variables[name.text] {
      return report(.repeated("`let \(name.text)`", first: other.span), at: name.span)
    }
    variables[name.text] = Variable(literal: literal(value), span: name.span)
  }

  /// `data NAME = plugin … { … }`
  mutating func describe(_ statement: Statement) {
    guard let name = statement.name else { return }
    refuseData(statement)
    guard let first = statement.arguments.first, let kind = self.name(first) else {
      return report(
        .wrongArguments(of: "data", expected: "the name of a data source"),
        at: name.span
      )
    }
    var windows = WindowSettings()
    let own = Set(WindowSettings.parameters.map(\.name))
    configure(
      &windows,
      WindowSettings.parameters,
      from: statement.body,
      only: own,
      of: kind,
      at: first.span
    )
    let found = plugin(
      .data,
      named: kind,
      at: first.span,
      arguments: Array(statement.arguments.dropFirst()),
      body: statement.body,
      except: own
    )
    do throws(ParameterProblem) {
      try windows.validate()
    } catch {
      report(
        .inconsistent(plugin: kind, error.message),
        at: span(of: error.parameter, in: statement.body) ?? first.span
      )
    }
    if let other = data[name.text] {
      return report(.repeated("`data \(name.text)`", first: other.span), at: name.span)
    }
    guard let source = found as? any DataSource else {
      // The name is known all the same, so that its uses are not reported as well.
      usedData.insert(name.text)
      data[name.text] = DataStep(
        name: name.text,
        source: NoData(),
        windows: windows,
        span: name.span
      )
      return
    }
    data[name.text] = DataStep(name: name.text, source: source, windows: windows, span: name.span)
  }

  /// The name of the data behind `on`, known to be defined; nil without `on`, or after a report.
  mutating func dataName(_ statement: Statement) -> String? {
    guard let value = statement.dataset, let name = self.name(value) else { return nil }
    guard data[name] != nil else {
      report(.unknownData(name, known: data.keys.sorted()), at: value.span)
      return nil
    }
    usedData.insert(name)
    return name
  }

  /// As `dataName`, for something that cannot do without.
  mutating func requiredData(_ statement: Statement, of owner: String) -> String? {
    if statement.dataset == nil { report(.noData(for: owner), at: statement.keyword.span) }
    return dataName(statement)
  }

  /// Reports an `on` behind something that has no use for it.
  mutating func refuseData(_ statement: Statement) {
    guard let value = statement.dataset else { return }
    report(.misplacedData(of: statement.keyword.text), at: value.span)
  }
}

/// Stands for a data source that could not be resolved; the plan is never run.
private struct NoData: DataSource {
  static let name = "none"
  static let summary = "Stands for a data source that could not be resolved."

  func documents() throws -> [Document] { [] }
}
