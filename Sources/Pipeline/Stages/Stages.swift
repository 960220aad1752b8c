import BillhookCore

/// Runs stages: tells that one begins, and notes what came out, on the disk, when it is over.
final class Stages {
  /// The branches that the stages to come stand in, from the outermost.
  var branches: [Branch] = []
  /// What stages that are over wanted the user to know.
  private(set) var notes: [Report.Note] = []
  private let context: RunContext
  private var journal: Journal

  init(_ context: RunContext, in folder: RunFolder) {
    self.context = context
    journal = Journal(in: folder)
  }

  /// What a stage leaves besides its result.
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

  /// Tells the user something about a stage that stops nothing; the report says it again.
  func note(_ text: String, of stage: String) {
    context.progress(.note(text))
    notes.append(Report.Note(branches, stage: stage, text))
  }

  /// Tells the user what has to be known before a result is used; the report says it again.
  private func warn(_ text: String, of stage: String) {
    context.progress(.warning(text))
    notes.append(Report.Note(branches, stage: stage, text))
  }

  private func finish<Result>(
    _ name: String,
    _ start: ContinuousClock.Instant,
    isReused: Bool,
    _ body: (inout Byproducts) throws -> (Result, String)
  ) throws -> Result {
    var byproducts = Byproducts()
    let (result, summary): (Result, String)
    do {
      (result, summary) = try body(&byproducts)
    } catch let error as Cancelled {
      throw error
    } catch {
      throw StageError(stage: name, error: error)
    }
    for note in byproducts.notes { self.note(note, of: name) }
    for warning in byproducts.warnings { warn(warning, of: name) }
    let seconds = (ContinuousClock.now - start).seconds
    try journal.append(
      Journal.Entry(
        branches: branches,
        stage: name,
        seconds: seconds,
        isReused: isReused,
        result: summary,
        files: byproducts.files,
        notes: byproducts.warnings + byproducts.notes
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
  /// What the stage is called in progress and journal.
  let stage: String
  let error: any Error
}
