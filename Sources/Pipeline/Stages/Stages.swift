import BillhookCore

/// Runs stages: reports that one begins, and writes what came out to the disk when it is over.
final class Stages {
  /// The branches that the next stages stand in, from the outermost.
  var branches: [Branch] {
    get { heard.branches }
    set { heard.branches = newValue }
  }
  /// What the user was told so far.
  var notes: [Report.Note] { heard.notes }
  private let context: RunContext
  private let heard: NotesHeard
  private var journal: Journal

  /// Stages that are noted in a run's folder.
  ///
  /// - Parameters:
  ///   - context: Where stages report; a context that `heard` listens to.
  ///   - heard: What remembers notes.
  ///   - folder: The folder of the run.
  init(_ context: RunContext, _ heard: NotesHeard, in folder: RunFolder) {
    self.context = context
    self.heard = heard
    journal = Journal(in: folder)
  }

  /// What a stage leaves in addition to its result.
  struct Byproducts {
    /// The names of files that it wrote into the run folder.
    var files: [String] = []
    /// What the user should know.
    var notes: [String] = []
    /// What the user has to know before using the result.
    var warnings: [String] = []
  }

  /// Runs one stage.
  ///
  /// - Parameters:
  ///   - name: What it is called in progress and journal.
  ///   - body: The work; adds the names of files that it wrote and what the user should know, and
  ///     gives with its result a few words on what came out.
  /// - Returns: The result of the work.
  /// - Throws: `StageError` with what the work throws, and `Cancelled`; then nothing is noted.
  func run<Result>(
    _ name: String,
    _ body: (inout Byproducts) throws -> (Result, String)
  ) throws -> Result {
    try context.checkCancelled()
    context.progress(.began(stage: name))
    let start = ContinuousClock.now
    return try finish(name, start, isReused: false, body)
  }

  /// Notes a stage whose result an earlier one found.
  func reuse<Result>(
    _ name: String,
    _ body: (inout Byproducts) throws -> (Result, String)
  ) throws -> Result {
    try context.checkCancelled()
    return try finish(name, ContinuousClock.now, isReused: true, body)
  }

  /// Tells the user something about a stage that is no error; the report repeats it.
  func note(_ text: String, of stage: String) {
    within(stage) { context.progress(.note(text)) }
  }

  /// Does something that belongs to a stage; notes meanwhile come from that stage.
  func within<Result>(_ stage: String, _ body: () throws -> Result) rethrows -> Result {
    let outer = heard.stage
    heard.stage = stage
    defer { heard.stage = outer }
    return try body()
  }

  private func finish<Result>(
    _ name: String,
    _ start: ContinuousClock.Instant,
    isReused: Bool,
    _ body: (inout Byproducts) throws -> (Result, String)
  ) throws -> Result {
    var byproducts = Byproducts()
    let told = heard.notes.count
    let (result, summary): (Result, String)
    do {
      (result, summary) = try within(name) { try body(&byproducts) }
    } catch let error as Cancelled {
      throw error
    } catch {
      throw StageError(stage: name, error: error)
    }
    within(name) {
      for note in byproducts.notes { context.progress(.note(note)) }
      for warning in byproducts.warnings { context.progress(.warning(warning)) }
    }
    let seconds = (ContinuousClock.now - start).seconds
    try journal.append(
      Journal.Entry(
        branches: branches,
        stage: name,
        seconds: seconds,
        isReused: isReused,
        result: summary,
        files: byproducts.files,
        notes: heard.notes[told...].map(\.text)
      )
    )
    context.progress(
      isReused
        ? .reused(stage: name, result: summary)
        : .ended(stage: name, seconds: seconds, result: summary)
    )
    return result
  }
}

/// What went wrong in a stage.
struct StageError: Error {
  /// The name of the stage in progress and journal.
  let stage: String
  let error: any Error
}
