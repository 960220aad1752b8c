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
  ///   - place: The place that the training goes on from; what is logged behind it is dropped.
  /// - Throws: `ModelError` when a file cannot be written.
  init(_ kept: String, _ shown: String?, through place: TrainingCheckpoint.Place) throws {
    var earlier = ""
    if place != TrainingCheckpoint.Place(), let bytes = try? FileSystem.read(kept) {
      earlier = Self.lines(bytes, through: place)
    }
    let new = "\(kept).partial"
    try FileSystem.remove(new)
    writers = try ([new] + (shown.map { [$0] } ?? [])).map { (path) throws in try FileWriter(path) }
    for writer in writers {
      try writer.write(Array(earlier.utf8))
      try writer.sync()
    }
    try FileSystem.rename(new, to: kept)
  }

  private static func lines(_ bytes: [UInt8], through place: TrainingCheckpoint.Place) -> String {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let json = try? JSON(parsing: Array(line)), let found = json["step"]?.int,
        found <= (json["held_out_loss"] == nil ? place.step : place.measured ?? -1)
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
