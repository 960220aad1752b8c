import BillhookCore

/// Texts in a file of JSON objects: one per line, or a list of them.
struct JSONLines: DataSource {
  static let name = "jsonl"
  static let summary =
    "A file of JSON objects, one per line or in a list; one field is the text."

  /// The file.
  var file = InputFile()
  /// The field that holds the text.
  var field = "text"

  static let parameters = [
    Parameter<Self>.argument("file", \.file, help: "the file"),
    Parameter("field", \.field, help: "the field that holds the text"),
  ]

  /// One document for each object; those whose text is empty, `null` or missing are left out.
  ///
  /// - Throws: `DataError` that names the line where there is no object or no text, or says that no
  ///   object has the field.
  func documents() throws -> [Document] {
    try texts(of: TextReader.records(file.path)).filter { !$0.isEmpty }.map(Document.text)
  }

  /// Checks that the first objects have the field.
  func check() throws {
    _ = try texts(of: TextReader.records(file.path, atMost: 100))
  }

  private func texts(of records: [JSON.Record]) throws(DataError) -> [String] {
    var texts: [String] = []
    var isThere = false
    for record in records {
      if let text = try JSONRecords.text(field, of: record, in: file.path) { texts.append(text) }
      isThere = isThere || record.value[field] != nil
    }
    if let first = records.first, !isThere {
      throw JSONRecords.missing(field, of: first, in: file.path)
    }
    return texts
  }
}
