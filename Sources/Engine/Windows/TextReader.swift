public import BillhookFiles

/// Reads text files, also where gzip packed them.
public enum TextReader {
  /// The mark that some programs put before UTF-8; it is no part of the text.
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Packed files of at least so many bytes take a while, so that it is told.
  private static let fewestToTell = 1 << 24

  /// Who hears how far a packed file is read, and stops it, and whose scratch folder holds its
  /// contents meanwhile; nil for nobody and the system's folder for temporary files.
  @TaskLocal package static var listener: RunContext?

  /// The text of a file, without a byte order mark; of one that gzip packed, what it holds.
  ///
  /// - Throws: `DataError` when it cannot be read, says what it is where it is no text in UTF-8, and
  ///   else the place where it is not; `Cancelled` when the run is to stop.
  public static func text(_ path: String) throws -> String {
    do {
      let file = try MappedFile(path)
      guard file.withBytes({ GzipFile.begins($0) }), let packed = GzipFile(path) else {
        return try text(in: file, path)
      }
      return try text(in: unpacked(packed, file.byteCount), path, isUnpacked: true)
    } catch let error as FileError {
      throw DataError("\(error)")
    }
  }

  /// The elements of a JSON list, or the records of JSON Lines, in a file; the first ones only where
  /// so many are enough.
  ///
  /// - Throws: `DataError` with line and column of what is wrong; `Cancelled` when the run is to stop.
  public static func records(
    _ path: String,
    atMost limit: Int = .max
  ) throws -> [JSON.Record] {
    if let problem = FileFormat.tableProblem(path) { throw DataError("\(path): \(problem)") }
    let bytes = Array(try text(path).utf8)
    do throws(JSONError) {
      return try JSON.records(parsing: bytes, atMost: limit)
    } catch {
      throw DataError("\(path): \(error)")
    }
  }

  /// About how many bytes of text a file holds: gzip makes text four times shorter or so.
  package static func size(_ path: String) -> Int? {
    guard let file = try? MappedFile(path) else { return nil }
    guard file.withBytes({ GzipFile.begins($0) }) else { return file.byteCount }
    return file.byteCount.multipliedReportingOverflow(by: 4).partialValue
  }

  private static func unpacked(_ packed: GzipFile, _ byteCount: Int) throws -> MappedFile {
    let told = byteCount >= fewestToTell ? listener : nil
    let stage = "contents of \(packed.path)"
    let start = ContinuousClock.now
    told?.progress(.began(stage: stage))
    let scratch = listener?.scratch ?? ""
    let folder = scratch.isEmpty ? FileSystem.temporaryFolder : scratch
    let contents = try packed.unpacked(in: folder) { share in
      try listener?.checkCancelled()
      try told?.advance(to: share)
    }
    told?.progress(.ended(stage: stage, seconds: (ContinuousClock.now - start).seconds, result: ""))
    return contents
  }

  private static func text(
    in file: MappedFile,
    _ path: String,
    isUnpacked: Bool = false
  ) throws(DataError) -> String {
    try file.withBytes { (bytes) throws(DataError) in
      let start = bytes.starts(with: mark) ? mark.count : 0
      let body = UnsafeRawBufferPointer(rebasing: bytes[start...])
      // A text may begin as another format does; then it is a text all the same.
      let text = String(validating: body, as: UTF8.self)
      let format = FileFormat(bytes.prefix(FileFormat.longestStart))
      guard let text, format != .utf16, format != .tar else {
        let problem = format?.problem(path, isUnpacked: isUnpacked) ?? firstFault(in: bytes)
        throw DataError("\(path): \(problem)")
      }
      return text
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
