extension JSON {
  /// One value of a file that holds many, with its line.
  public struct Record: Sendable {
    /// The value.
    public let value: JSON
    /// The line that it begins in, counted from 1.
    public let line: Int

    package init(value: JSON, line: Int) {
      self.value = value
      self.line = line
    }
  }

  /// Reads the elements of one list, or values separated by line ends (JSON Lines).
  ///
  /// A value of JSON Lines may take several lines, as pretty-printed ones do. As data is written by
  /// Python, `NaN`, `Infinity` and `-Infinity` may stand for numbers, and are `null` here.
  ///
  /// - Parameters:
  ///   - bytes: The whole document in UTF-8, without a byte order mark.
  ///   - limit: The most values to read; what follows them is ignored.
  /// - Returns: The values in the order of the file.
  /// - Throws: The first error, with its position, and the line of the value where it is another.
  public static func records(
    parsing bytes: [UInt8],
    atMost limit: Int = .max
  ) throws(JSONError) -> [Record] {
    var parser = JSONParser(bytes, maximumDepth: 128)
    parser.nonFinite = .null
    var records: [Record] = []
    var (line, counted) = (1, 0)
    func append(_ parser: inout JSONParser) throws(JSONError) {
      line += bytes[counted..<parser.position].count { $0 == 0x0A }
      counted = parser.position
      do {
        records.append(Record(value: try parser.value(), line: line))
      } catch {
        throw error.inside(valueFrom: line)
      }
    }

    parser.skipSpace()
    if parser.current == UInt8(ascii: "[") {
      try parser.elements(atMost: limit) { (parser) throws(JSONError) in try append(&parser) }
      if records.count < limit { try parser.end() }
      return records
    }
    while records.count < limit, parser.current != nil {
      try append(&parser)
      try parser.endLine()
    }
    return records
  }
}
