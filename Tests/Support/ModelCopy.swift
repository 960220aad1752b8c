public import BillhookCore

/// A copy of a model directory from Tests/Fixtures/models that a test changes.
public struct ModelCopy {
  /// The path of the copy.
  public let path: String

  /// Copies the configuration and the weights of a model into a folder.
  public init(of name: String, in folder: String) throws {
    path = folder
    let source = Fixture.path("models/\(name)")
    for file in try FileSystem.names(in: source)
    where file.hasSuffix(".safetensors") || file.hasSuffix(".index.json") || file == "config.json" {
      try FileSystem.write(FileSystem.read("\(source)/\(file)"), to: "\(path)/\(file)")
    }
  }

  /// A directory that is changed where it is.
  public init(at path: String) { self.path = path }

  /// Calls `body` with a copy that is gone afterwards.
  public static func with<Result>(
    _ name: String,
    _ body: (ModelCopy) throws -> Result
  ) throws -> Result {
    try Fixture.withFolder { try body(ModelCopy(of: name, in: $0)) }
  }

  /// Changes `config.json`.
  public func configure(_ edit: (inout JSONText) -> Void) throws {
    var text = try JSONText(FileSystem.read("\(path)/config.json"))
    edit(&text)
    try FileSystem.write(text.bytes, to: "\(path)/config.json")
  }

  /// Writes a file of text.
  public func write(_ text: String, to name: String) throws {
    try FileSystem.write(Array(text.utf8), to: "\(path)/\(name)")
  }

  /// Changes the tensors of a file.
  public func rewrite(
    _ file: String = "model.safetensors",
    _ edit: (inout [(name: String, tensor: Tensor)]) throws -> Void
  ) throws {
    let path = "\(path)/\(file)"
    let old = try SafetensorsFile(path)
    var tensors: [(name: String, tensor: Tensor)] = []
    for name in old.names { tensors.append((name, try old.tensor(name).copied())) }
    try edit(&tensors)
    try SafetensorsWriter.replace(path, by: tensors)
  }

  /// Opens the copy.
  public func open() throws -> LanguageModel { try LanguageModel(opening: path) }
}

extension [(name: String, tensor: Tensor)] {
  /// The tensor of a name; setting one adds or replaces it, nil takes it away.
  public subscript(name: String) -> Tensor? {
    get { first { $0.name == name }?.tensor }
    set {
      let index = firstIndex { $0.name == name }
      if let index { remove(at: index) }
      if let newValue { insert((name, newValue), at: index ?? count) }
    }
  }
}
