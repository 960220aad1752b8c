import BillhookCore
import BillhookPipeline
import BillhookPlugins
import BillhookRecipe
import BillhookResolver
import Synchronization

/// A recipe that could not be tried.
struct TrialError: Error, CustomStringConvertible {
  let description: String
}

extension Trial {
  /// What a run of a recipe left behind.
  struct Outcome {
    let report: Report
    /// The run's folder.
    let folder: String
    /// The events that it reported.
    let events: [ProgressEvent]
  }

  /// Runs statements on the trial's model and its data, which is called `windows`.
  ///
  /// - Parameters:
  ///   - statements: The rest of the recipe.
  ///   - plugin: The plugin that they may name in addition to the built-in ones.
  ///   - work: The work folder.
  ///   - limit: The number of events after which the run is asked to stop; nil for none.
  /// - Returns: What it left; nil where it was stopped.
  /// - Throws: `TrialError` with what is wrong with the recipe, and `StepError`.
  func run(
    _ statements: String,
    with plugin: any Plugin,
    in work: String,
    stoppingAfter limit: Int? = nil
  ) throws -> Outcome? {
    let text = "model \(quoted("\(folder)/model"))\ndata windows = tokens \(quoted(windows))\n"
    let source = SourceText(name: "trial.recipe", text: text + statements)
    let parsed = Recipe.parse(source)
    let registry = try Self.registry(with: type(of: plugin))
    let resolved = Resolver.resolve(parsed.recipe, registry: registry, folder: ".")
    let problems = (parsed.diagnostics + resolved.diagnostics).filter { $0.severity == .error }
    guard let plan = resolved.plan, problems.isEmpty else {
      throw TrialError(description: problems.map(\.message).joined(separator: "; "))
    }
    let events = Mutex<[ProgressEvent]>([])
    let folder = try WorkFolder(work)
    let run = try RunFolder(in: work, name: "trial")
    let context = RunContext(
      scratch: run.scratch,
      progress: { event in events.withLock { $0.append(event) } },
      isCancelled: { limit.map { limit in events.withLock { $0.count >= limit } } ?? false }
    )
    do {
      let report = try Pipeline(plan, context, folder, run, build: "trial").run()
      return Outcome(report: report, folder: run.path, events: events.withLock { $0 })
    } catch is Cancelled {
      return nil
    } catch let error as StepError {
      throw TrialError(description: error.message)
    }
  }

  /// Runs statements without a stop; then stopped midway and started again; then once more, when
  /// everything is known.
  ///
  /// - Parameters:
  ///   - statements: What to run in a folder for what it writes.
  ///   - plugin: The plugin that they name.
  ///   - stage: The beginning of the name of the stage in which the run is stopped.
  ///   - verdict: Takes what differs.
  ///   - result: What a run came to, in its folder.
  func checkResuming(
    _ statements: (String) -> String,
    with plugin: any Plugin,
    inStage stage: String,
    _ verdict: inout Verdict,
    result: (Outcome, String) throws -> String
  ) {
    guard verdict.tries(.resumes) else { return }
    func run(_ place: String, stoppingAfter limit: Int? = nil) throws -> Outcome? {
      let work = "\(place)/work"
      return try self.run(statements(place), with: plugin, in: work, stoppingAfter: limit)
    }
    let whole = place("whole")
    guard
      let found = verdict.answer(
        "a recipe with it",
        { try run(whole).map { ($0, try result($0, whole)) } }
      ),
      let (first, expected) = found
    else { return }
    for moment in first.events.moments(inStage: stage) {
      let broken = place("stopped")
      _ = verdict.answer("a run that is stopped", breaking: .resumes) {
        try run(broken, stoppingAfter: moment)
      }
      let ended = verdict.answer("a run that goes on", breaking: .resumes) {
        try run(broken).map { try result($0, broken) }
      }
      guard let ended else { return }
      verdict.require(
        ended == expected,
        .resumes,
        "on \(name): stopped after event \(moment) and started again, a run gives something else"
      )
    }
    let again = verdict.answer("a second run", breaking: .resumes) {
      try run(whole).map { try result($0, whole) }
    }
    verdict.require(
      again == expected,
      .resumes,
      "on \(name): a second run that finds everything gives something else"
    )
  }

  /// The built-in plugins with another one, which replaces one of the same kind and name.
  private static func registry(with type: any Plugin.Type) throws -> Registry {
    let others = BuiltinPlugins.all.filter { $0.kind != type.kind || $0.name != type.name }
    return try Registry(others + [type])
  }

  /// A text as a recipe writes it.
  func quoted(_ text: String) -> String { text.literalText }
}

extension [ProgressEvent] {
  /// A few moments in the middle of a stage, each given as the number of events before it.
  fileprivate func moments(inStage prefix: String) -> [Int] {
    var found: [Int] = []
    var isInside = false
    for (index, event) in enumerated() {
      switch event {
      case .began(let stage): isInside = stage.hasPrefix(prefix)
      case .ended: isInside = false
      default: break
      }
      if isInside { found.append(index + 1) }
    }
    let picked = [found.first, found.dropFirst(found.count / 2).first, found.last]
    return Set(picked.compactMap { $0 }).sorted()
  }
}
