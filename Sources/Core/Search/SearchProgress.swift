import BillhookEngine
import BillhookTorch

/// How far a search is: what it remembers, and the losses that were measured for it.
final class SearchProgress {
  /// The search itself.
  private(set) var course: any SearchCourse
  /// The steps that are done.
  private(set) var record = SearchRecord()
  /// The losses of the step that is under way, as far as they are known.
  var losses: [Double] = []

  private let begin: () throws -> any SearchCourse

  /// The progress of a search that `begin` begins.
  init(_ begin: @escaping () throws -> any SearchCourse) throws {
    self.begin = begin
    course = try begin()
  }

  /// The number of steps.
  var stepCount: Int { max(0, course.stepCount) }

  /// The steps that are done, and the candidates of the next.
  var reached: PassCheckpoint.Progress {
    PassCheckpoint.Progress(blocks: record.steps.count, pieces: losses.count)
  }

  /// Records that the step under way is done.
  func finish(_ step: SearchRecord.Step) {
    record.append(step)
    losses = []
  }

  // MARK: Resuming

  /// The checkpoint that a later run of the same search resumes from.
  func checkpoint(in folder: PassFolder, _ context: RunContext) -> PassCheckpoint {
    PassCheckpoint(
      in: folder.path,
      named: "search",
      context,
      interval: folder.interval,
      save: { try self.course.state() },
      restore: { state in
        let fresh = try self.begin()
        try fresh.restore(state)
        self.course = fresh
      }
    )
  }

  /// What a checkpoint keeps beside the memory of the search.
  func tensors() throws -> [String: Tensor] {
    let all = try record.tensors()
    return losses.isEmpty ? all : all.merging(["partial": try Tensor(losses)]) { $1 }
  }

  /// Resumes from a checkpoint, if there is one.
  func resume(from checkpoint: PassCheckpoint?) throws {
    func known(_ tensors: [String: Tensor]) throws -> [Double] {
      try tensors["partial"]?.doubles() ?? []
    }
    let found = checkpoint?.resume(of: stepCount, "steps") { progress, tensors in
      SearchRecord(tensors, steps: progress.blocks) != nil
        && (try? known(tensors))?.count == progress.pieces
    }
    guard let found, let steps = SearchRecord(found.states, steps: found.progress.blocks) else {
      return
    }
    record = steps
    losses = try known(found.states)
  }
}
