/// How a data source's documents become token windows; these settings stand beside the source's
/// own.
public struct WindowSettings: Sendable, Equatable {
  /// Where windows lie.
  public enum Placement: String, Sendable, CaseIterable {
    /// One after another from the beginning.
    case consecutive
    /// At random places.
    case random
  }

  /// Where the token stands that begins a text (BOS).
  public enum Beginning: String, Sendable, CaseIterable {
    /// Nowhere.
    case nowhere = "none"
    /// Before each text, and so in its first window only.
    case first
    /// Before every window, which is then one token longer.
    case every
  }

  /// Where windows lie.
  public var windows = Placement.consecutive
  /// The tokens of a window; nil for whole documents.
  public var length: Int?
  /// The tokens from one window's start to the next; nil for the length.
  public var stride: Int?
  /// The number of windows; nil for all.
  public var samples: Int?
  /// Where the random numbers start; nil for 0.
  public var seed: Int?
  /// Where the beginning token stands; nil for `first` with text to which the tokenizer adds it, and
  /// otherwise for nowhere.
  public var bos: Beginning?
  /// What stands between documents that are read as one text; nil to keep them apart.
  public var join: String?

  /// The defaults.
  public init() {}

  /// Checks what no single range can say.
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

  /// Where the beginning token stands: as set, else where the tokenizer puts it before a text, and
  /// before token ids nowhere.
  package func beginning(ofText isText: Bool, isAdded: Bool) -> Beginning {
    bos ?? (isText && isAdded ? .first : .nowhere)
  }

  /// The settings in words, for reports, with where the beginning token really stands.
  package func note(bos: Beginning) -> String {
    var parts = [length.map { "length \($0)" } ?? "whole documents"]
    if let stride, stride != length { parts.append("stride \(stride)") }
    if windows == .random { parts.append("random, seed \(seed ?? 0)") }
    parts.append("BOS \(bos.rawValue)")
    return parts.joined(separator: ", ")
  }
}
