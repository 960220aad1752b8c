public import BillhookFiles

/// Reads text files.
public enum TextReader {
  /// The mark that some programs put before UTF-8; it is no part of the text.
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The text of a file, without a byte order mark.
  ///
  /// - Throws: `DataError` when it cannot be read, says what it is where it is no text in UTF-8, and
  ///   else the place where it is not.
  public static func text(_ path: String) throws(DataError) -> String {
    let file: MappedFile
    do throws(ModelError) {
      file = try MappedFile(path)
    } catch {
      throw DataError("\(error)")
    }
    return try file.withBytes { (bytes) throws(DataError) in
      let start = bytes.starts(with: mark) ? mark.count : 0
      let body = UnsafeRawBufferPointer(rebasing: bytes[start...])
      // A text may begin as another format does; then it is a text all the same.
      let text = String(validating: body, as: UTF8.self)
      guard let text, FileFormat(bytes.prefix(4)) != .utf16 else {
        let problem = FileFormat(bytes.prefix(16))?.problem(path) ?? firstFault(in: bytes)
        throw DataError("\(path): \(problem)")
      }
      return text
    }
  }

  /// The elements of a JSON list, or the records of JSON Lines, in a file; the first ones only where
  /// so many are enough.
  ///
  /// - Throws: `DataError` with line and column of what is wrong.
  public static func records(
    _ path: String,
    atMost limit: Int = .max
  ) throws(DataError) -> [JSON.Record] {
    if let problem = FileFormat.tableProblem(path) { throw DataError("\(path): \(problem)") }
    let bytes = Array(try text(path).utf8)
    do throws(JSONError) {
      return try JSON.records(parsing: bytes, atMost: limit)
    } catch {
      throw DataError("\(path): \(error)")
    }
  }

  private static func firstFault(in bytes: UnsafeRawBufferPointer) -> String {
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var (offset, line, column) = (0, 1, 1)
    search: while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar):
        offset += scalar.count
        (line, column) = scalar.first == 0x0A ? (line + 1, 1) : (line, column + 1)
      case .emptyInput, .error: break search
      }
    }
    return "line \(line), column \(column): expected UTF-8, found a byte that is not (byte "
      + "\(offset) of the file); where the file is Latin-1, `iconv -f ISO-8859-1 -t UTF-8` makes it "
      + "UTF-8"
  }
}
