package import BillhookFiles

/// Reads fields of records, with errors that name the record.
package enum JSONRecords {
  /// The text in a field of a record; nil where it is `null` or missing.
  package static func text(
    _ field: String,
    of record: JSON.Record,
    in path: String
  ) throws(DataError) -> String? {
    guard record.value.members != nil else {
      let kind = record.value.kind
      throw failure(path, record, "expected an object with the field `\(field)`, found \(kind)")
    }
    guard let value = record.value[field], !value.isNull else { return nil }
    guard let text = value.string else {
      throw failure(path, record, "expected text in the field `\(field)`, found \(value.kind)")
    }
    return text
  }

  /// The error about a record without a field.
  package static func missing(_ field: String, of record: JSON.Record, in path: String) -> DataError
  {
    guard record.value[field] == nil else {
      return failure(path, record, "expected text in the field `\(field)`, found null")
    }
    let known = (record.value.members ?? []).map { "`\($0.key.shown(atMost: 40))`" }
    let list = known.isEmpty ? "none" : known.prefix(20).joined(separator: ", ")
    return failure(path, record, "has no field `\(field)`; it has \(list)")
  }

  private static func failure(_ path: String, _ record: JSON.Record, _ problem: String)
    -> DataError
  {
    DataError("\(path): line \(record.line): \(problem)")
  }
}
