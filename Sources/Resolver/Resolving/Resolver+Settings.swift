import BillhookCore
import BillhookRecipe

extension Resolver {
  /// Sets parameters by the settings in braces.
  ///
  /// - Parameters:
  ///   - root: What has the parameters.
  ///   - parameters: Those that settings may name.
  ///   - body: The braces.
  ///   - owner: Whose settings they are, for messages.
  ///   - isAlone: Whether to report settings that are none of the parameters, as nothing else
  ///     handles them.
  ///   - others: Settings that are handled elsewhere.
  ///   - reported: Settings that were reported already.
  mutating func configure<Root>(
    _ root: inout Root,
    _ parameters: [Parameter<Root>],
    from body: Body?,
    of owner: String,
    isAlone: Bool = true,
    others: [String] = [],
    reported: [String] = []
  ) {
    for setting in body?.settings ?? [] {
      let name = setting.name.text
      if let parameter = parameters.first(where: { $0.name == name }) {
        set(parameter, of: &root, by: setting)
      } else if isAlone, !others.contains(name), !reported.contains(name) {
        let known = (parameters.map(\.name) + others).sorted()
        report(.unknownSetting(name, of: owner, known: known), at: setting.name.span)
      }
    }
  }

  private mutating func set<Root>(
    _ parameter: Parameter<Root>,
    of root: inout Root,
    by setting: Setting
  ) {
    guard let literal = literal(setting.value) else { return }
    guard !set(parameter, of: &root, to: literal, at: setting.value) else { return }
    let problem = RecipeProblem.wrongValue(
      setting: parameter.name,
      expected: parameter.permitted,
      found: literal.quoted,
      suggestion: parameter.correction(of: literal, in: root)
    )
    report(problem, at: setting.value)
  }

  /// Sets a parameter, and looks for the files that it names.
  ///
  /// - Returns: Whether the value is of the right type and in range.
  mutating func set<Root>(
    _ parameter: Parameter<Root>,
    of root: inout Root,
    to literal: Literal,
    at value: Value
  ) -> Bool {
    guard parameter.assign(literal, to: &root) else { return false }
    for file in parameter.files(of: root) {
      switch file.kind {
      case .file: checkFile(file.path, at: value)
      case .model where LanguageModel.wholeFile(at: located(file.path)) != nil:
        checkExistence(file.path, at: value)
      case .model: checkDirectory(file.path, holding: "config.json", at: value)
      case .adapter: checkDirectory(file.path, holding: "adapter_config.json", at: value)
      case .output: claimOutput(file.path, for: parameter.name, literal, at: value)
      }
    }
    parameter.changeFiles(of: &root) { located($0) }
    return true
  }

  /// Reports a path that nothing can be written to, or that something else is written to as well.
  private mutating func claimOutput(
    _ path: String,
    for setting: String,
    _ literal: Literal,
    at value: Value
  ) {
    guard let expected = path.outputFault else {
      return claim(located(path), for: setting, at: value.span)
    }
    let found = literal.quoted
    report(
      .wrongValue(setting: setting, expected: expected, found: found, suggestion: nil),
      at: value
    )
  }

  private mutating func checkFile(_ path: String, at value: Value) {
    if FileSystem.isDirectory(located(path)) {
      report(.directoryForFile(path), at: value)
    } else {
      checkExistence(path, at: value)
    }
  }

  private mutating func checkDirectory(
    _ path: String,
    holding name: String,
    at value: Value
  ) {
    let place = located(path)
    if path.hasPrefix(HubCache.prefix) {
      do throws(FileError) {
        _ = try HubCache().directory(of: path)
      } catch {
        return report(.unusableModel("\(error)"), at: value)
      }
    }
    guard FileSystem.exists(place) else {
      let isElsewhere = !FileSystem.exists(FileSystem.parent(of: place))
      guard HubCache.isModelName(path), isElsewhere else { return checkExistence(path, at: value) }
      return report(.unusableModel("\(ModelDirectory.missing(place, named: path))"), at: value)
    }
    guard !FileSystem.exists("\(place)/\(name)") else { return }
    report(.unusableModel("\(path): holds no \(name)"), at: value)
  }

  private mutating func checkExistence(_ path: String, at value: Value) {
    let place = located(path)
    guard !FileSystem.exists(place) else { return }
    let meant = NearPath.suggestion(for: path, at: place)
    report(.missingFile(path, suggestion: meant.map { "\(Literal.string($0))" }), at: value)
  }

  /// Reports clauses in braces that hold settings only.
  mutating func refuseClauses(_ body: Body?, of owner: String, known: [String]) {
    for clause in body?.clauses ?? [] {
      let keyword = clause.keyword
      report(.misplacedClause(keyword.text, of: owner, known: known), at: keyword.span)
    }
  }

  /// Reports settings in braces that hold clauses only.
  mutating func refuseSettings(_ body: Body?, of owner: String) {
    for setting in body?.settings ?? [] {
      report(.unknownSetting(setting.name.text, of: owner, known: []), at: setting.name.span)
    }
  }

  /// The place of a setting with this name.
  func span(of name: String?, in body: Body?) -> SourceSpan? {
    body?.settings.first { $0.name.text == name }?.span
  }
}
