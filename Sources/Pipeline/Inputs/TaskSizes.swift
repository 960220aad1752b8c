import BillhookCore
import Synchronization

/// The sizes of a plan's tasks, each found once.
package final class TaskSizes: Sendable {
  private let known = Mutex<[String: TaskSize]>([:])

  init() {}

  /// The size of the questions of some data; nil where it was not found yet, or the data gives none.
  func size(of key: String) -> TaskSize? { known.withLock { $0[key] } }

  /// Finds the size of the questions of some data; nil for data that gives none.
  ///
  /// - Throws: `DataError` that says what cannot be asked; what reading throws.
  @discardableResult
  func find(
    _ step: DataStep,
    for model: LanguageModel,
    _ tokenizer: Tokenizer
  ) throws -> TaskSize? {
    if let size = size(of: step.key) { return size }
    let size = try TaskSize(of: step, for: model, tokenizer)
    known.withLock { $0[step.key] = size }
    return size
  }
}
