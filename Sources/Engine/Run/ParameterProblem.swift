/// An error about a plugin's parameters taken together.
public struct ParameterProblem: Error, Equatable, Sendable {
  /// The parameter to point at; nil for the plugin as a whole.
  public let parameter: String?
  /// What was expected and found.
  public let message: String

  /// Makes a problem, with the parameter to point at.
  public init(_ parameter: String? = nil, _ message: String) {
    self.parameter = parameter
    self.message = message
  }
}
