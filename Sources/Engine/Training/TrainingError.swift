/// Why a training cannot begin, or go on.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was expected and found, and what to do.
  public let description: String

  /// Why nothing is trained in float16.
  package static let tooShortForGradients =
    "gradients are too small for float16; set `compute = bfloat16` or `float32` in `model`"

  /// An error in words.
  public init(_ description: String) { self.description = description }
}
