import BillhookCore

/// What was found while a plugin was tried.
struct Verdict {
  private(set) var violations: [Violation] = []
  private var excused: Set<Promise>

  init(_ excused: Set<Promise>) { self.excused = excused }

  /// Whether a promise is tried at all: what a plugin is excused from is not.
  func tries(_ promise: Promise) -> Bool { !excused.contains(promise) }

  /// Does not try a promise from here on.
  mutating func excuse(_ promise: Promise) { excused.insert(promise) }

  /// Notes a broken promise, unless it is excused or was noted before.
  mutating func note(_ promise: Promise, _ message: String) {
    guard !excused.contains(promise), !violations.contains(where: { $0.promise == promise }) else {
      return
    }
    violations.append(Violation(promise: promise, message: message))
  }

  /// Notes a broken promise where something does not hold.
  mutating func require(_ holds: Bool, _ promise: Promise, _ message: @autoclosure () -> String) {
    if !holds { note(promise, message()) }
  }

  /// What a plugin answers; nil after noting what it threw.
  ///
  /// - Parameters:
  ///   - question: What the plugin is asked for; it precedes the error.
  ///   - promise: The promise that an error breaks, unless the error itself says which one.
  ///   - body: The call.
  /// - Returns: The answer.
  mutating func answer<Answer>(
    _ question: String,
    breaking promise: Promise = .answers,
    _ body: () throws -> Answer
  ) -> Answer? {
    do {
      return try body()
    } catch {
      note(Self.promise(brokenBy: error) ?? promise, "\(question): \(error)")
      return nil
    }
  }

  /// The promise that an error is known to break; nil where it may be any.
  private static func promise(brokenBy error: any Error) -> Promise? {
    if error is ScoreError { return .finite }
    return switch (error as? PluginError)?.refusal {
    case .counts: .counts
    case .returned: .holdsMask
    case nil: nil
    }
  }

  /// Compares two lists of numbers, relative to the largest.
  mutating func require(
    _ found: [Double],
    equal expected: [Double],
    within tolerance: Double = Verdict.tolerance,
    _ promise: Promise,
    _ message: @autoclosure () -> String
  ) {
    let difference = Self.difference(found, expected)
    require(
      difference <= tolerance,
      promise,
      "\(message()); they differ by \(difference) of the largest"
    )
  }

  /// Rounding in f32 differs with the sizes of batches; a method that depends on them differs by
  /// far more.
  static let tolerance = 1e-4

  private static func difference(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let scale = expected.filter(\.isFinite).map(abs).max() ?? 0
    let differences = zip(found, expected).map { $0 == $1 ? 0 : abs($0 - $1) }
    // A maximum ignores NaN.
    guard differences.allSatisfy(\.isFinite) else { return .infinity }
    let largest = differences.max() ?? 0
    return largest == 0 ? 0 : largest / scale
  }
}
