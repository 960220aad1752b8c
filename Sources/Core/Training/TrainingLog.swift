import BillhookModels

/// A line of JSON for each step and each measurement.
///
/// One copy lies with the checkpoints, and is what a run that goes on begins with; the other lies in
/// the folder of the run.
struct TrainingLog {
  private var writers: [FileWriter] = []

  /// Begins a log.
  ///
  /// - Parameters:
  ///   - kept: The copy that lies with the checkpoints.
  ///   - shown: The copy in the folder of the run; nil for none.
  ///   - step: The step that the training goes on behind; lines of later steps are dropped.
  /// - Throws: `ModelError` when a file cannot be written.
  init(_ kept: String, _ shown: String?, through step: Int) throws {
    var earlier = ""
    if step > 0, let bytes = try? FileSystem.read(kept) {
      earlier = Self.lines(bytes, through: step)
    }
    let new = "\(kept).partial"
    try FileSystem.remove(new)
    writers = try ([new] + (shown.map { [$0] } ?? [])).map { (path) throws in try FileWriter(path) }
    for writer in writers { try writer.write(Array(earlier.utf8)) }
    try FileSystem.rename(new, to: kept)
  }

  private static func lines(_ bytes: [UInt8], through step: Int) -> String {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let json = try? JSON(parsing: Array(line)), let found = json["step"]?.int,
        found <= step
      else { return nil }
      return String(decoding: line, as: UTF8.self) + "\n"
    }.joined()
  }

  func append(_ line: JSON) throws {
    let bytes = Array((line.text(indent: nil) + "\n").utf8)
    for writer in writers { try writer.write(bytes) }
  }

  func finish() throws { for writer in writers { try writer.finish() } }
}
