/// Why the scores of a criterion cannot be used.
public struct ScoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The criterion with its parameters.
  public let criterion: String
  /// What is wrong, with the unit.
  public let message: String

  init(_ criterion: String, _ message: String) {
    self.criterion = criterion
    self.message = message
  }

  /// The whole error in one line.
  public var description: String { "criterion `\(criterion)` \(message)" }
}
