import ArgumentParser

/// The numbers that an option takes, and the message for all others.
struct FlagRange<Number: LosslessStringConvertible & Comparable & Sendable>: Sendable {
  /// What is expected, in words.
  let expectation: String
  private let contains: @Sendable (Number) -> Bool

  /// Reads a number from the command line.
  ///
  /// - Throws: `ValidationError` that says which numbers there may be, and what was found.
  @Sendable func number(_ text: String) throws -> Number {
    guard let number = Number(text), contains(number) else {
      throw ValidationError("expected \(expectation), found \(text)")
    }
    return number
  }
}

extension FlagRange<Int> {
  init(_ range: ClosedRange<Int>) {
    expectation = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    contains = { range.contains($0) }
  }

  /// Threads: libraries end the process where the system has no more threads.
  static let threads = FlagRange(1...1024)

  /// Processes of one run.
  static let processes = FlagRange(1...1024)

  /// Tokens of a text.
  static let tokens = FlagRange(1...1 << 24)

  /// Tokens of a text that may be empty.
  static let tokensOrNone = FlagRange(0...1 << 24)

  /// Windows, as `samples` of a data source has it.
  static let samples = FlagRange(1...1_000_000)

  /// Tokens of a window, as `length` of a data source has it.
  static let windowLength = FlagRange(2...1_000_000)

  /// The seed of a recipe's random numbers.
  static let seed = FlagRange(0...Int.max)
}

extension FlagRange<UInt64> {
  /// A seed of random numbers.
  static let seed = FlagRange(
    expectation: "a whole number from 0 to \(UInt64.max)",
    contains: { _ in true }
  )
}

extension FlagRange<Double> {
  /// The temperature, by which logits are divided.
  static let temperature = FlagRange(
    expectation: "a number from 0 to 1000",
    contains: { (0...1000).contains($0) }
  )

  /// The seconds between two writes.
  static let pause = FlagRange(
    expectation: "a number from 0 to 3600",
    contains: { (0...3600).contains($0) }
  )

  /// A share above 0.
  static let share = FlagRange(
    expectation: "a number above 0 and at most 1",
    contains: { $0 > 0 && $0 <= 1 }
  )
}
