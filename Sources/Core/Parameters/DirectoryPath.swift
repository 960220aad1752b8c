public import BillhookFiles

/// A directory as a parameter; a recipe names it relative to its own folder.
public protocol DirectoryPath: ParameterValue {
  /// What has to be there.
  static var kind: InputFile.Kind { get }

  /// Names a directory.
  init(_ directory: InputFile)

  /// The directory.
  var directory: InputFile { get }
}

extension DirectoryPath {
  /// The path by which it can be opened or written.
  public var path: String { directory.path }

  /// Reads a path.
  public init?(_ literal: Literal) {
    guard let file = InputFile(literal) else { return nil }
    self.init(InputFile(file.name, kind: Self.kind))
  }

  /// The path in quotes.
  public var literalText: String { directory.literalText }

  /// The path as the recipe writes it.
  public var keyPart: JSON { directory.keyPart }

  /// The directory itself.
  public var files: [InputFile] { [directory] }

  /// The same kind of path, with its directory replaced.
  public func replacingFiles(_ change: (InputFile) -> InputFile) -> Self { Self(change(directory)) }
}

/// A model directory that is read.
public struct ModelPath: DirectoryPath {
  /// Paths in quotes.
  public static let expectation = "a model directory's path in quotes"
  /// A model.
  public static let kind = InputFile.Kind.model
  /// The directory.
  public let directory: InputFile

  /// Names a directory.
  public init(_ directory: InputFile) { self.directory = directory }
}

/// The directory of a PEFT adapter that is read.
public struct AdapterPath: DirectoryPath {
  /// Paths in quotes.
  public static let expectation = "an adapter directory's path in quotes"
  /// An adapter.
  public static let kind = InputFile.Kind.adapter
  /// The directory.
  public let directory: InputFile

  /// Names a directory.
  public init(_ directory: InputFile) { self.directory = directory }
}

/// A directory that is written.
public struct OutputPath: DirectoryPath {
  /// Paths in quotes.
  public static let expectation = "the path of a new directory in quotes"
  /// Nothing yet.
  public static let kind = InputFile.Kind.output
  /// The directory.
  public let directory: InputFile

  /// Names a directory.
  public init(_ directory: InputFile) { self.directory = directory }
}
