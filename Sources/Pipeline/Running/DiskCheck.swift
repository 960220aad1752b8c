import BillhookCore
import BillhookRecipe

/// Compares what a plan writes with the room on the disks that it writes to.
///
/// It counts saved models, each in addition to what it replaces; trained weights, with the checkpoints of
/// the largest training; what the opened model predicts, once; hidden states that wait on disk; and what
/// passes that gather evidence write to resume from. Results of earlier runs are counted again, unless they
/// are saved already.
struct DiskCheck {
  private let plan: Plan
  private let work: String?
  private let room: Int?
  private let limit: Int?

  /// What is written to one file system.
  private struct Use {
    /// A path on it, for the message.
    let path: String
    let room: Int
    /// The bytes that stay.
    var kept = 0
    /// The names of what stays once for several steps, and is counted already.
    var shared: Set<String> = []
    /// The most bytes that are needed at one time and do not stay.
    var passing = 0
    /// The first statement that does not fit.
    var excess: SourceSpan?
  }

  private let device: Device
  private var uses: [String: Use] = [:]

  /// A check of a plan.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - work: The work folder; nil where none is known.
  ///   - room: The free bytes of every disk; nil for what the system says of each.
  ///   - device: Where it is computed.
  ///   - limit: The bytes of memory that may be taken; nil for half of what there is.
  init(
    _ plan: Plan,
    _ work: String?,
    room: Int?,
    on device: Device = .cpu,
    memory limit: Int?
  ) {
    self.plan = plan
    self.device = device
    self.work = work
    self.room = room
    self.limit = limit
  }

  /// A warning for each file system that has too little room.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
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

  /// What is written to each file system, in words, and the room that it has.
  ///
  /// - Throws: `FileError` when the model's weights cannot be looked at.
  func lines(of opened: LanguageModel) throws -> [String] {
    var check = self
    try check.follow(plan.steps, PruningCourse(opened), plan.model.derivation)
    return check.uses.values.sorted { $0.path < $1.path }.compactMap { use in
      let all = use.kept +| use.passing
      guard all > 0 else { return nil }
      let staying = use.kept > 0 ? ", \(MemoryEstimate.shown(use.kept)) of it to stay" : ""
      return "disk     about \(MemoryEstimate.shown(all)) at \(use.path)\(staying); "
        + "\(MemoryEstimate.shown(use.room)) are free"
    }
  }

  private mutating func follow(
    _ steps: [any PlanStep],
    _ start: PruningCourse,
    _ before: [String]
  ) throws {
    var course = start
    var derivation = before
    let needs = StepNeeds(plan.inputs, beside: start.opened, on: device, within: limit)
    for step in steps {
      if let inner = step.inner {
        try follow(inner.steps, course, derivation)
      } else if let need = try step.disk(on: course.model, needs, after: derivation),
        let path = need.path ?? work
      {
        add(need, at: path, step.span)
      }
      step.follow(&course)
      if let change = step.derivation(plan.inputs) { derivation.append(change) }
    }
  }

  private mutating func add(_ need: DiskNeed, at path: String, _ span: SourceSpan) {
    guard let (found, fileSystem) = FileSystem.room(at: path) else { return }
    var use = uses[fileSystem] ?? Use(path: path, room: room ?? found)
    use.kept = use.kept +| need.kept
    if let shared = need.shared, use.shared.insert(shared.name).inserted {
      use.kept = use.kept +| shared.bytes
    }
    use.passing = max(use.passing, need.passing)
    if use.kept +| use.passing > use.room { use.excess = use.excess ?? span }
    uses[fileSystem] = use
  }
}
