import BillhookCore
import BillhookModels

/// Texts in a file with one JSON object a line.
struct JSONLines: DataSource {
  static let name = "jsonl"
  static let summary = "A file with one JSON object a line, of which a field is the text."

  /// The file.
  var file = InputFile()
  /// The field that holds the text.
  var field = "text"

  static let parameters = [
    Parameter<Self>.argument("file", \.file, help: "the file"),
    Parameter("field", \.field, help: "the field that holds the text"),
  ]

  /// One document for each line; empty lines and empty texts are left out.
  ///
  /// - Throws: `DataError` that names the line which is no object, or lacks the field.
  func documents() throws -> [Document] {
    try JSONRecords.lines(file.path).map { number, record in
      try JSONRecords.text(field, of: record, in: file.path, "line \(number)")
    }.filter { !$0.isEmpty }.map(Document.text)
  }
}
