public import BillhookFiles

/// A file that a plugin reads; a recipe names it relative to its own folder.
public struct InputFile: ParameterValue {
  /// What has to be at a path.
  public enum Kind: Sendable, Equatable {
    /// A file that is read.
    case file
    /// A model directory that is read.
    case model
    /// The directory of a PEFT adapter that is read.
    case adapter
    /// A directory that is written: a new one, or in place of an earlier result.
    case output
  }

  /// The path as the recipe writes it, by which the file is named in messages and records.
  public let name: String
  /// The path by which the file can be opened.
  public let path: String
  /// What has to be there.
  public let kind: Kind

  /// Names a file; without a path of its own, it is opened by its name.
  public init(_ name: String = "", at path: String? = nil, kind: Kind = .file) {
    self.name = name
    self.path = path ?? name
    self.kind = kind
  }

  /// Paths in quotes.
  public static var expectation: String { "a file's path in quotes" }

  /// Reads a path.
  public init?(_ literal: Literal) {
    guard case .string(let name) = literal, !name.isEmpty else { return nil }
    self.init(name)
  }

  /// The path in quotes.
  public var literalText: String { name.literalText }

  /// The path as the recipe writes it; keys also hold the file's content.
  public var keyPart: JSON { ["file": .string(name)] }

  /// The file itself.
  public var files: [InputFile] { [self] }

  /// The file that takes this one's place.
  public func replacingFiles(_ change: (InputFile) -> InputFile) -> InputFile { change(self) }
}
