import BillhookEngine
import Synchronization

/// Remembers the notes and warnings of a run, wherever they come from, for the report.
final class NotesHeard: Sendable {
  private struct State {
    var branches: [Branch] = []
    var stage: String?
    var notes: [Report.Note] = []
  }

  private let state = Mutex(State())

  /// The notes so far.
  var notes: [Report.Note] { state.withLock(\.notes) }

  /// The branches that the next notes belong to, from the outermost.
  var branches: [Branch] {
    get { state.withLock(\.branches) }
    set { state.withLock { $0.branches = newValue } }
  }

  /// The stage that the next notes come from; nil between stages.
  var stage: String? {
    get { state.withLock(\.stage) }
    set { state.withLock { $0.stage = newValue } }
  }

  /// A context whose notes and warnings are remembered, and passed on as before.
  func listening(to context: RunContext) -> RunContext {
    var heard = context
    heard.progress = { [self, progress = context.progress] event in
      switch event {
      case .note(let text), .warning(let text):
        state.withLock { $0.notes.append(Report.Note($0.branches, stage: $0.stage, text)) }
      default: break
      }
      progress(event)
    }
    return heard
  }
}
