import BillhookModels
import BillhookRecipe

/// Compares what a plan writes with the room on the disks that it writes to.
///
/// Counted are saved models, each beside what it replaces; trained weights, with the checkpoints of
/// the largest training; and hidden states that wait on disk. Results of earlier runs are counted
/// again, unless they are saved already.
struct DiskCheck {
  private let plan: Plan
  private let work: String?
  private let room: Int?
  private let limit: Int?

  /// What is written to one file system.
  private struct Use {
    /// A place on it, for the message.
    let path: String
    let room: Int
    /// What stays.
    var kept = 0
    /// The most of what is needed for a while.
    var passing = 0
    /// The first statement that does not fit.
    var excess: SourceSpan?
  }

  private var uses: [String: Use] = [:]

  /// A check of a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - work: The work folder; nil where none is known.
  ///   - room: The bytes that every disk takes; nil for what the system says of each.
  ///   - limit: The bytes of memory that may be taken; nil for half of the machine's.
  init(_ plan: Plan, _ work: String?, room: Int?, memory limit: Int?) {
    self.plan = plan
    self.work = work
    self.room = room
    self.limit = limit
  }

  /// A warning for each file system that has too little room.
  ///
  /// - Throws: `ModelError` when the model's weights cannot be looked at.
  func diagnostics(of opened: LanguageModel) throws -> [Diagnostic] {
    var check = self
    try check.follow(plan.steps, PruningCourse(opened), plan.model.derivation)
    return check.uses.values.compactMap { use in
      use.excess.map { span in
        Diagnostic(
          .beyondDisk(
            MemoryEstimate.shown(use.kept +| use.passing),
            MemoryEstimate.shown(use.room),
            at: use.path
          ),
          at: span
        )
      }
    }
  }

  private mutating func follow(
    _ steps: [Step],
    _ start: PruningCourse,
    _ before: [String]
  ) throws {
    var course = start
    var derivation = before
    for step in steps {
      switch step {
      case .branch(let branch): try follow(branch.steps, course, derivation)
      case .save(let step):
        // What the same steps left there is most likely this very result.
        guard SavedRecord(in: step.path)?.derivation != derivation else { break }
        let bytes = try course.model.byteCount(as: step.format)
        add(bytes, at: OutputDirectory(step.path).folder, step.span)
      case .recover(let step):
        guard let work, let recovery = step.recovery as? any TrainingRecovery else { break }
        let trained = 4 * recovery.trainedCount(of: course.model)
        // A checkpoint has each value with two means, and is there until the next one is whole; the
        // best weights so far lie beside it.
        add(trained, passing: 7 *| trained, at: work, step.span)
      case .score, .evaluate, .prune:
        if let work {
          let passing = try plan.spilled(by: step, on: course.model, within: limit)
          add(0, passing: passing, at: work, step.span)
        }
        // An amount that cannot be had is reported elsewhere.
        if case .prune(let step) = step { _ = try? course.follow(step) }
      }
      if let change = plan.derivation(of: step) { derivation.append(change) }
    }
  }

  private mutating func add(_ bytes: Int, passing: Int = 0, at path: String, _ span: SourceSpan) {
    guard let (found, fileSystem) = FileSystem.room(at: path) else { return }
    var use = uses[fileSystem] ?? Use(path: path, room: room ?? found)
    use.kept = use.kept +| bytes
    use.passing = max(use.passing, passing)
    if use.kept +| use.passing > use.room { use.excess = use.excess ?? span }
    uses[fileSystem] = use
  }
}

extension LanguageModel {
  /// The bytes that the weights take as a format writes them.
  fileprivate func byteCount(as format: any Format) throws -> Int {
    try configuration.allWeights.reduce(0) { bytes, weight in
      bytes + weight.shape.reduce(try format.dtype(of: weight.id, in: self).byteCount, *)
    }
  }
}
