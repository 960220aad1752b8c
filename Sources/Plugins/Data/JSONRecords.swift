import BillhookCore
import BillhookModels

/// Reads records from files of JSON, with errors that name the record.
enum JSONRecords {
  /// The elements of a file that is one list.
  static func list(_ path: String) throws(DataError) -> [JSON] {
    let bytes = Array(try TextReader.text(path).utf8)
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: bytes)
    } catch {
      throw DataError("\(path): \(error)")
    }
    guard let records = json.array else {
      throw DataError("\(path): expected a list of records, as in [{…}, {…}]")
    }
    return records
  }

  /// The records of a file with one a line, with the numbers of the lines; the first ones only where
  /// so many are enough.
  static func lines(
    _ path: String,
    atMost limit: Int = .max
  ) throws(DataError) -> [(number: Int, record: JSON)] {
    var records: [(number: Int, record: JSON)] = []
    let lines = try TextReader.text(path).utf8.split(
      separator: UInt8(ascii: "\n"),
      omittingEmptySubsequences: false
    )
    for (index, line) in lines.enumerated()
    where !line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") }) {
      do throws(JSONError) {
        records.append((index + 1, try JSON(parsing: Array(line))))
      } catch {
        throw DataError("\(path): line \(index + 1): \(error)")
      }
      if records.count >= limit { break }
    }
    return records
  }

  /// The text in a field of a record.
  static func text(
    _ field: String,
    of record: JSON,
    in path: String,
    _ place: String
  ) throws(DataError) -> String {
    if let text = record[field]?.string { return text }
    guard let members = record.members else {
      throw DataError("\(path): \(place): expected an object with the field `\(field)`")
    }
    guard record[field] == nil else {
      throw DataError("\(path): \(place): expected text in the field `\(field)`")
    }
    let known = members.map { "`\($0.key)`" }.joined(separator: ", ")
    throw DataError(
      "\(path): \(place): has no field `\(field)`; it has \(known.isEmpty ? "none" : known)"
    )
  }
}
