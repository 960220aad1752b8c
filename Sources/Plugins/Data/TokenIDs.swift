import BillhookCore

/// Token ids from a file, one window per line: the form in which runs keep what they used.
///
/// `5 6 | 7 8` is one window of four tokens, of which the loss counts the last two, and
/// `5 6 | 7 | 8 / 9 10 | 11` one of two texts that do not see each other.
struct TokenIDs: DataSource {
  static let name = "tokens"
  static let summary = "Token ids, one window per line, as runs keep them; before a `|` is context."
  static let yieldsText = false

  /// The file.
  var file = InputFile()

  static let parameters = [
    Parameter<TokenIDs>.argument("file", \.file, help: "the file of token ids")
  ]

  /// One document for each line.
  func documents() throws -> [Document] {
    let text = try TextReader.text(file.path)
    do throws(DataError) {
      return try TokenFile.documents(text)
    } catch {
      throw DataError("\(file.path): \(error)")
    }
  }

  /// Checks that every line is a list of ids.
  func check() throws { _ = try documents() }
}
