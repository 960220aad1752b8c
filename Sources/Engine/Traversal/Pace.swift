/// How far a pass is: between any two pieces of its work somebody may stop it, and hears how far it is.
///
/// The work is counted in equal parts, one for each batch on its way through each block; a batch of
/// long windows counts as many, because it is run in pieces.
final class Pace {
  private let context: RunContext
  private let all: Int
  /// The parts that are done, and those that are when the block at hand is.
  private var done = 0
  private var end = 0
  /// The work at hand.
  private var work: (parts: Int, isWayBack: Bool) = (0, false)
  private var told = ContinuousClock.now

  /// Inside of a block it is told at most this often.
  private static let interval = Duration.milliseconds(500)

  /// A pass with so many parts.
  init(_ context: RunContext, parts: Int) {
    self.context = context
    all = parts
  }

  /// Begins with so many parts, when all before them are done.
  ///
  /// - Throws: `Cancelled` when somebody asked to stop.
  func begin(parts: Int) throws(Cancelled) {
    try context.checkCancelled()
    done = end
    end += parts
    tell(done)
  }

  /// Does some work that counts as so many parts; on the way back shares of it fall.
  ///
  /// - Throws: `Cancelled` when somebody asked to stop, and what the work throws.
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
      // Libtorch's own words for it say nothing.
      try context.checkCancelled()
      throw error
    }
    done = min(done + parts, end)
    try pause(at: done)
    return result
  }

  /// Between two pieces of the work at hand, of which a share is done.
  ///
  /// - Throws: `Cancelled` when somebody asked to stop.
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
