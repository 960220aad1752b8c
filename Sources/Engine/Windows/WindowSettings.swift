/// How a data source's documents become token windows; in a recipe, these settings are written
/// among the source's own.
public struct WindowSettings: Sendable, Equatable {
  /// How windows are placed in the text.
  public enum Placement: String, Sendable, CaseIterable {
    /// One after another from the beginning.
    case consecutive
    /// At random positions.
    case random
  }

  /// Where the token that begins a text (BOS) is put.
  public enum Beginning: String, Sendable, CaseIterable {
    /// Nowhere.
    case nowhere = "none"
    /// Before each text, and so in its first window only.
    case first
    /// Before every window, which is then one token longer.
    case every
  }

  /// How windows are placed in the text.
  public var windows = Placement.consecutive
  /// The number of tokens of a window; nil for whole documents.
  public var length: Int?
  /// The number of tokens from one window's start to the next; nil for the length.
  public var stride: Int?
  /// The number of windows; nil for all.
  public var samples: Int?
  /// The seed of the random numbers; nil for 0.
  public var seed: Int?
  /// Where the beginning token is put; nil for `first` with text to which the tokenizer adds it,
  /// and otherwise for nowhere.
  public var bos: Beginning?
  /// The text between documents that are joined into one; nil to keep them apart.
  public var join: String?

  /// Makes the defaults.
  public init() {}

  /// Checks the settings against each other.
  public func validate() throws(ParameterProblem) {
    switch windows {
    case .random:
      guard length != nil else {
        throw ParameterProblem("windows", "random windows need a `length`")
      }
      guard samples != nil else {
        throw ParameterProblem("windows", "random windows need a number of `samples`")
      }
      guard stride == nil else {
        throw ParameterProblem("stride", "random windows have no `stride`")
      }
    case .consecutive:
      guard seed == nil else {
        throw ParameterProblem("seed", "has no use without `windows = random`")
      }
      guard let stride else { return }
      guard let length, stride <= length else {
        throw ParameterProblem("stride", "must not be longer than the `length` of a window")
      }
    }
  }

  /// Where the beginning token is put: as set, or else before a text if the tokenizer puts it
  /// there, and never before token ids.
  package func beginning(ofText isText: Bool, isAdded: Bool) -> Beginning {
    bos ?? (isText && isAdded ? .first : .nowhere)
  }

  /// The settings in words, for reports, with the actual position of the beginning token.
  package func note(bos: Beginning) -> String {
    var parts = [length.map { "length \($0)" } ?? "whole documents"]
    if let stride, stride != length { parts.append("stride \(stride)") }
    if windows == .random { parts.append("random, seed \(seed ?? 0)") }
    parts.append("BOS \(bos.rawValue)")
    return parts.joined(separator: ", ")
  }
}
