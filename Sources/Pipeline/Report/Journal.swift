import BillhookCore

/// What a run did, one line of JSON per stage, on the disk as soon as the stage is over.
struct Journal {
  private let folder: RunFolder
  private(set) var entries: [Entry] = []

  /// One finished stage.
  struct Entry {
    /// The branches that it stands in.
    let branches: [Branch]
    let stage: String
    let seconds: Double
    /// Whether an earlier stage had found it.
    let isReused: Bool
    let result: String
    let files: [String]
    let notes: [String]

    var json: JSON {
      .object(
        in: branches,
        [
          "stage": .string(stage),
          "seconds": .finite(seconds),
          "reused": .bool(isReused),
          "result": .string(result),
          "files": .array(files.map(JSON.string)),
          "notes": .array(notes.map(JSON.string)),
        ]
      )
    }
  }

  init(in folder: RunFolder) { self.folder = folder }

  mutating func append(_ entry: Entry) throws {
    entries.append(entry)
    let lines = entries.map { $0.json.text(indent: nil, showable: true) + "\n" }
    try FileSystem.write(Array(lines.joined().utf8), to: "\(folder.path)/journal.jsonl")
  }
}
