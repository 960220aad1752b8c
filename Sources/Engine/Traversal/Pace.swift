/// The progress of a pass: between any two pieces of work it is reported, and the pass can be
/// cancelled.
///
/// The work is counted in equal parts, one for each batch on its way through each block; a batch of
/// long windows counts as many parts, because it is run in pieces.
final class Pace {
  private let context: RunContext
  private let all: Int
  /// The parts that are done, and those that will be done after the current block.
  private var done = 0
  private var end = 0
  /// The current work.
  private var work: (parts: Int, isWayBack: Bool) = (0, false)
  private var told = ContinuousClock.now

  /// The shortest time between two reports inside a block.
  private static let interval = Duration.milliseconds(500)

  /// Makes the progress of a pass with `parts` parts.
  init(_ context: RunContext, parts: Int) {
    self.context = context
    all = parts
  }

  /// Begins the next parts, when all before them are done.
  ///
  /// - Throws: `Cancelled` when the user asked to stop.
  func begin(parts: Int) throws(Cancelled) {
    try context.checkCancelled()
    done = end
    end += parts
    tell(done)
  }

  /// Does work that counts as a number of parts; in the backward pass its shares fall.
  ///
  /// - Throws: `Cancelled` when the user asked to stop, and what the work throws.
  func doing<Result>(
    parts: Int,
    isWayBack: Bool = false,
    _ body: () throws -> Result
  ) throws -> Result {
    work = (parts, isWayBack)
    defer { work = (0, false) }
    let result: Result
    do {
      result = try body()
    } catch {
      // libtorch's own message for it says nothing.
      try context.checkCancelled()
      throw error
    }
    done = min(done + parts, end)
    try pause(at: done)
    return result
  }

  /// Called between two pieces of the current work, with the share of it that is done.
  ///
  /// - Throws: `Cancelled` when the user asked to stop.
  func pause(_ share: Double) throws {
    let share = work.isWayBack ? 1 - share : share
    try pause(at: min(done + Int(share * Double(work.parts)), end))
  }

  private func pause(at done: Int) throws(Cancelled) {
    try context.checkCancelled()
    if ContinuousClock.now - told > Self.interval { tell(done) }
  }

  private func tell(_ done: Int) {
    told = .now
    context.progress(.advanced(done: done, of: all))
  }
}
