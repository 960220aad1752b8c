import BillhookFiles

/// The log of a training: a line of JSON for each step and each measurement.
///
/// One copy is kept with the checkpoints, from which a resumed run continues it; the other is in
/// the folder of the run.
struct TrainingLog {
  private var sinks: [any LogSink] = []
  /// The end of what was logged so far.
  private(set) var mark = Mark()

  /// A position in a log, with the checksum of everything before it.
  struct Mark: Equatable {
    var byteCount = 0
    var checksum = Checksum()

    /// Moves the mark to the end of a line.
    mutating func pass(_ line: [UInt8]) {
      byteCount += line.count
      line.withUnsafeBytes { checksum.take($0) }
    }
  }

  /// Begins a log.
  ///
  /// - Parameters:
  ///   - kept: The copy that is kept with the checkpoints.
  ///   - shown: Where else lines go: the copy in the folder of the run, and what users want besides.
  ///   - progress: The progress that the training resumes from; what was logged after it is dropped.
  ///   - heedDamage: Called with a note for the user when the log cannot be continued.
  /// - Throws: `FileError` when a file cannot be written.
  init(
    _ kept: String,
    _ shown: [any LogSink],
    through progress: TrainingCheckpoint.Progress,
    heedDamage: (String) -> Void
  ) throws {
    var earlier: [UInt8] = []
    if progress != TrainingCheckpoint.Progress() {
      earlier = Array(((try? FileSystem.read(kept)) ?? []).prefix(progress.log.byteCount))
      var lines = earlier[...]
      while let end = lines.firstIndex(of: UInt8(ascii: "\n")) {
        mark.pass(Array(lines[...end]))
        lines = lines[(end + 1)...]
      }
      if mark != progress.log {
        heedDamage("\(kept): is damaged; the log begins anew after step \(progress.step)")
        (earlier, mark) = ([], Mark())
      }
    }
    let new = "\(kept)\(FileSystem.unfinished)"
    try FileSystem.remove(new)
    sinks = [try JSONLinesLog(new)] + shown
    for line in earlier.split(separator: UInt8(ascii: "\n")) {
      try write(LogLine(parsing: Array(line) + [UInt8(ascii: "\n")]))
    }
    try sync()
    try FileSystem.rename(new, to: kept)
  }

  mutating func append(_ line: JSON) throws {
    let line = LogLine(line)
    try write(line)
    mark.pass(line.bytes)
  }

  private mutating func write(_ line: LogLine) throws {
    for index in sinks.indices { try sinks[index].append(line) }
  }

  /// Flushes the log to the disk, before a checkpoint refers to it.
  func sync() throws { for sink in sinks { try sink.sync() } }

  func finish() throws { for sink in sinks { try sink.finish() } }
}
