/// Why a training cannot begin, or go on.
public struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was expected and found, and what to do.
  public let description: String

  /// Why nothing is trained in float16.
  package static let tooShortForGradients =
    "gradients are too small for float16; set `compute = bfloat16` or `float32` in `model`"

  /// Makes an error.
  public init(_ description: String) { self.description = description }
}
