/// A log of JSON lines in a new file.
package struct JSONLinesLog: LogSink {
  private let writer: FileWriter

  /// Creates the file.
  ///
  /// - Throws: `FileError` when it cannot be created, or exists already.
  package init(_ path: String) throws(FileError) { writer = try FileWriter(path) }

  package func append(_ line: LogLine) throws { try writer.write(line.bytes) }
  package func sync() throws { try writer.sync() }
  package func finish() throws { try writer.finish() }
}
