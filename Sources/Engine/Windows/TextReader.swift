public import BillhookFiles

/// Reads text files, plain or gzip-compressed.
public enum TextReader {
  /// The byte order mark that some programs put before UTF-8; it is not part of the text.
  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Compressed files of at least this many bytes take long enough for progress to be shown.
  private static let fewestToTell = 1 << 24

  /// The context that receives the progress of unpacking, can stop it, and provides the scratch
  /// folder for the contents; nil for none, with the system's temporary folder.
  @TaskLocal package static var listener: RunContext?

  /// The text of a file without a byte order mark, unpacked if it is gzip-compressed.
  ///
  /// - Throws: `DataError` when the file cannot be read, or is not UTF-8, with its format or the
  ///   position of the first bad byte; `Cancelled` when the run is to stop.
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

  /// The elements of a JSON list, or the records of JSON Lines, in a file; only the first ones
  /// where a limit is given.
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

  /// Roughly how many bytes of text a file holds; gzip is assumed to shrink text to a quarter.
  package static func size(_ path: String) -> Int? {
    guard let file = try? MappedFile(path) else { return nil }
    guard file.withBytes({ GzipFile.begins($0) }) else { return file.byteCount }
    let (size, overflows) = file.byteCount.multipliedReportingOverflow(by: 4)
    return overflows ? nil : size
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
      // A text may happen to begin like another format; valid UTF-8 is a text all the same.
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
