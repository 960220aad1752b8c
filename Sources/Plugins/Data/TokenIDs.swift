public import BillhookCore

/// Token ids from a file, one window a line: the form in which runs keep what they used.
public struct TokenIDs: DataSource {
  public static let name = "tokens"
  public static let summary = "Token ids from a file, one window a line, as runs keep them."

  /// The file.
  public var file = InputFile()

  public static let parameters = [
    Parameter<TokenIDs>.argument("file", \.file, help: "the file of token ids")
  ]

  /// No file yet.
  public init() {}

  /// One document for each line.
  public func documents() throws -> [Document] {
    do throws(DataError) {
      return try TokenFile.documents(TextReader.text(file.path))
    } catch {
      throw DataError("\(file.path): \(error)")
    }
  }
}
