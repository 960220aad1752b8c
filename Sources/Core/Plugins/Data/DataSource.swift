import BillhookEngine

/// Reads documents; the engine makes token windows of them.
public protocol DataSource: Plugin {
  /// The documents in their order.
  func documents() throws -> [Document]
  /// Checks what can be known without reading everything, such as the fields of records.
  func check() throws

  /// Whether the documents are text, for which the model's tokenizer is needed.
  static var yieldsText: Bool { get }
}

extension DataSource {
  /// Nothing to check.
  public func check() throws {}

  /// Text.
  public static var yieldsText: Bool { true }

  /// The files that it reads.
  package var files: [InputFile] { Self.parameters.flatMap { $0.files(of: self) } }

  /// Data sources are named in `data NAME = …`.
  public static var kind: PluginKind { .data }
}
