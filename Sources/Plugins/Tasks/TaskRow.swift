import BillhookCore

/// A row of a task's file.
struct TaskRow {
  /// Its fields.
  let value: JSON
  /// Its line in the file, counted from 1.
  let line: Int
  /// The file, for messages.
  let path: String

  /// The value at a path of names and list indices with dots between them; nil where there is none.
  func value(_ path: String) -> JSON? {
    // A field may have dots in its name.
    if let whole = value[path] { return whole }
    return path.split(separator: ".", omittingEmptySubsequences: false)
      .reduce(Optional(value)) { value, name in
        guard let list = value?.array else { return value?[String(name)] }
        guard let index = Int(name), list.indices.contains(index) else { return nil }
        return list[index]
      }
  }

  /// The value at a path.
  ///
  /// - Throws: `DataError` that names the line and the fields that it has.
  func require(_ path: String) throws(DataError) -> JSON {
    guard value.members != nil else {
      throw failure("expected an object with the field `\(path)`, found \(value.kind)")
    }
    guard let found = value(path), !found.isNull else {
      let first = path.split(separator: ".").first.map(String.init) ?? path
      let field = value[first]?.isNull == false ? path : first
      throw JSONRecords.missing(field, of: record, in: self.path)
    }
    return found
  }

  /// The text at a path; a number or truth value as it is written.
  func text(_ path: String) throws(DataError) -> String {
    switch try require(path) {
    case .string(let text): return text
    case .number(let number): return number.text
    case .bool(let flag): return "\(flag)"
    case let other: throw failure("expected text in the field `\(path)`, found \(other.kind)")
    }
  }

  /// The list of texts at a path.
  func texts(_ path: String) throws(DataError) -> [String] {
    let found = try require(path)
    guard let list = found.array else {
      throw failure("expected a list in the field `\(path)`, found \(found.kind)")
    }
    var texts: [String] = []
    for index in list.indices { texts.append(try text("\(path).\(index)")) }
    return texts
  }

  /// An error about the row.
  func failure(_ problem: String) -> DataError { DataError("\(path): line \(line): \(problem)") }

  private var record: JSON.Record { JSON.Record(value: value, line: line) }
}
