/// Where the lines of a log go: JSON lines, the event files of TensorBoard, or whatever comes next.
package protocol LogSink {
  /// Appends a line.
  mutating func append(_ line: LogLine) throws
  /// Flushes what was appended to the disk.
  func sync() throws
  /// Ends the log; nothing is appended after it.
  func finish() throws
}

/// A line of a log: an object, and the bytes that stand for it in a file of JSON lines.
package struct LogLine {
  /// The bytes with the end of the line.
  package let bytes: [UInt8]
  /// What they say.
  package let json: JSON

  /// A new line.
  package init(_ json: JSON) {
    self.json = json
    bytes = Array((json.text(indent: nil) + "\n").utf8)
  }

  /// A line of an earlier log, with the end of the line.
  package init(parsing bytes: [UInt8]) {
    self.bytes = bytes
    json = (try? JSON(parsing: bytes)) ?? .null
  }

  /// The numbers of the line, by what they are called; of several numbers, the least and the mean.
  package var scalars: [(name: String, value: Double)] {
    var found: [(name: String, value: Double)] = []
    for member in json.members ?? [] where !Self.counts.contains(member.key) {
      if let value = member.value.double {
        found.append((member.key, value))
      } else if let values = member.value.array?.compactMap(\.double), let least = values.min() {
        found.append(("\(member.key)/least", least))
        found.append(("\(member.key)/mean", values.reduce(0, +) / Double(values.count)))
      }
    }
    if let tokens = json["tokens"]?.double, let seconds = json["seconds"]?.double, seconds > 0 {
      found.append(("tokens_per_second", tokens / seconds))
    }
    return found
  }

  /// What numbers of a line only count.
  private static let counts: Set = [
    "step", "tokens", "seconds", "windows", "parameters_gone", "result",
  ]
}
