import BillhookModels

/// How a data source's documents become token windows; these settings stand beside the source's
/// own.
public struct WindowSettings: Sendable, Equatable {
  /// Where windows lie.
  public enum Placement: String, Choice {
    /// One after another from the beginning.
    case consecutive
    /// At random places.
    case random
  }

  /// Where the token stands that begins a text (BOS).
  public enum Beginning: String, Choice {
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

  /// The settings as a recipe writes them, without those that are left out.
  var signature: String {
    Self.parameters.compactMap { $0.setting(of: self) }.joined(separator: ", ")
  }

  /// All settings with their types, for keys.
  var keyPart: JSON {
    .object(Self.parameters.map { JSON.Member(key: $0.name, value: $0.keyPart(of: self)) })
  }

  /// The settings' names, ranges and help, as for a plugin.
  public static let parameters: [Parameter<WindowSettings>] = [
    Parameter("windows", \.windows, help: "one after another, or at random places"),
    Parameter(
      "length",
      \.length,
      in: 2...1_000_000,
      help: "tokens in a window; without it, whole documents"
    ),
    Parameter(
      "stride",
      \.stride,
      in: 1...,
      help: "tokens from one window's start to the next; the last one ends with the text"
    ),
    Parameter("samples", \.samples, in: 1...1_000_000, help: "number of windows; without it, all"),
    Parameter("seed", \.seed, in: 0..., help: "where the random numbers start"),
    Parameter(
      "bos",
      \.bos,
      help: "where the token stands that begins a text; unless set, as the tokenizer has it"
    ),
    Parameter("join", \.join, help: "what stands between documents that are read as one text"),
  ]

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
  func beginning(ofText isText: Bool, isAdded: Bool) -> Beginning {
    bos ?? (isText && isAdded ? .first : .nowhere)
  }

  /// The settings in words, for reports, with where the beginning token really stands.
  func note(bos: Beginning) -> String {
    var parts = [length.map { "length \($0)" } ?? "whole documents"]
    if let stride, stride != length { parts.append("stride \(stride)") }
    if windows == .random { parts.append("random, seed \(seed ?? 0)") }
    parts.append("BOS \(bos.rawValue)")
    return parts.joined(separator: ", ")
  }
}
