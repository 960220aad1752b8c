/// Reads documents; Core makes token windows of them.
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
  var files: [InputFile] { Self.parameters.flatMap { $0.files(of: self) } }

  /// Data sources stand in `data NAME = …`.
  public static var kind: PluginKind { .data }
}

/// One document of a data source.
public enum Document: Sendable, Equatable {
  /// Text that is still to be tokenised.
  case text(String)
  /// A question with its answer: one window, with the token after it that ends a text. Where
  /// `countsAll` is false, the question is context only.
  case exchange(prompt: String, answer: String, countsAll: Bool)
  /// Token ids that are taken as they are; those before `firstTarget` are context only.
  case tokens([Int], firstTarget: Int)
}
