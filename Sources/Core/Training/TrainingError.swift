/// Why a training cannot begin, or go on.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was expected and found, and what to do.
  public let description: String

  /// An error in words.
  public init(_ description: String) { self.description = description }
}
