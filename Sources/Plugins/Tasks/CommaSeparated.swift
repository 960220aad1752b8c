import BillhookCore

/// Reads comma-separated values (RFC 4180): cells in quotes may hold commas, line ends and doubled quotes.
enum CommaSeparated {
  /// A record with the line that it begins in.
  struct Record {
    let cells: [String]
    let line: Int
  }

  /// The records of a file; empty lines are left out.
  ///
  /// - Throws: `DataError` for a quote that is not closed.
  static func records(_ path: String) throws -> [Record] {
    var records: [Record] = []
    var cells: [String] = []
    var cell: [UInt8] = []
    var (line, start, quoteLine) = (1, 1, 0)
    var (isQuoted, wasQuoted) = (false, false)
    func endCell() {
      cells.append(String(decoding: cell, as: UTF8.self))
      cell = []
      wasQuoted = false
    }
    func endRecord() {
      if !cell.isEmpty || wasQuoted || !cells.isEmpty {
        endCell()
        records.append(Record(cells: cells, line: start))
      }
      cells = []
      start = line
    }
    let bytes = Array(try TextReader.text(path).utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      let next = index + 1 < bytes.count ? bytes[index + 1] : 0
      index += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && next == UInt8(ascii: "\""):
        cell.append(byte)
        index += 1
      case UInt8(ascii: "\"") where isQuoted: isQuoted = false
      case UInt8(ascii: "\"") where cell.isEmpty && !wasQuoted:
        (isQuoted, wasQuoted, quoteLine) = (true, true, line)
      case _ where isQuoted: cell.append(byte)
      case UInt8(ascii: ","): endCell()
      case UInt8(ascii: "\r") where next == UInt8(ascii: "\n"): continue
      case UInt8(ascii: "\n"): endRecord()
      default: cell.append(byte)
      }
    }
    guard !isQuoted else {
      throw DataError("\(path): line \(quoteLine): a quote is not closed")
    }
    endRecord()
    return records
  }
}
