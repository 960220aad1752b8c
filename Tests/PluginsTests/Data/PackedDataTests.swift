@testable import BillhookFiles
import TestSupport
import Testing

@testable import BillhookCore
@testable import BillhookModels
@testable import BillhookPlugins

/// Files that gzip packed, which every data source reads as what they hold.
@Suite struct PackedDataTests {
  private func withFile<Result>(
    _ bytes: [UInt8],
    _ body: (InputFile, _ folder: String) throws -> Result
  ) throws -> Result {
    try Fixture.withFolder { folder in
      try FileSystem.write(bytes, to: "\(folder)/data.gz")
      return try body(InputFile("data.gz", at: "\(folder)/data.gz"), folder)
    }
  }

  private func problem(_ bytes: [UInt8]) throws -> String {
    try withFile(bytes) { file, folder in
      let error = #expect(throws: DataError.self) { try TextReader.text(file.path) }
      return (error?.description ?? "").split(separator: "\(folder)/").joined()
    }
  }

  @Test func everySourceReadsThem() throws {
    let text = "\u{FEFF}one\n---\ntwo"
    try withFile(GzipBytes.member(Array(text.utf8))) { file, _ in
      var source = TextFile()
      source.file = file
      source.separator = "\n---\n"
      try source.check()
      #expect(try source.documents() == [.text("one"), .text("two")])
    }
    let records = #"{"instruction": "Cut.", "output": "Done.", "text": "a"}"# + "\n"
    let packed = GzipBytes.member(Array(records.utf8))
    try withFile(packed + packed) { file, _ in
      var lines = JSONLines()
      lines.file = file
      try lines.check()
      #expect(try lines.documents() == [.text("a"), .text("a")])
      var instructions = Instructions()
      instructions.file = file
      #expect(try instructions.documents().count == 2)
    }
    try withFile(GzipBytes.member(Array("5 6 | 7 8\n".utf8))) { file, _ in
      var tokens = TokenIDs()
      tokens.file = file
      try tokens.check()
      #expect(try tokens.documents() == [.tokens([5, 6, 7, 8], firstTarget: 2)])
    }
  }

  @Test func whatTheyHoldIsNamed() throws {
    var tar = [UInt8](repeating: 0, count: 1024)
    tar.replaceSubrange(0..<5, with: "a.txt".utf8)
    tar.replaceSubrange(257..<262, with: "ustar".utf8)
    #expect(
      try problem(GzipBytes.member(tar))
        == "data.gz: is gzip that holds a tar archive, not text in UTF-8; this makes it: "
        + "tar -xOf 'data.gz' > 'data'"
    )
    #expect(
      try problem(tar)
        == "data.gz: is a tar archive, not text in UTF-8; this makes it: tar -xOf 'data.gz' > 'data'"
    )
    #expect(
      try problem(GzipBytes.member(Array("PAR1".utf8) + [0xFF]))
        == "data.gz: is gzip that holds parquet, not text in UTF-8; this makes it: "
        + "gzip -dc 'data.gz' > 'data'"
    )
    #expect(
      try problem(GzipBytes.member([0x61, 0x0A, 0xE9]))
        .hasPrefix("data.gz: line 2, column 1: expected UTF-8, found a byte that is not (byte 2 of")
    )
    #expect(
      try problem(Array(GzipBytes.member([0x61]).dropLast()))
        == "data.gz: is gzip that ends too early, so a part of it is missing; get it again "
        + "(`gzip -t` tests it)"
    )
  }

  @Test func withoutZlibTheyAreNamed() throws {
    let text = try Zlib.$isThere.withValue(false) {
      try problem(GzipBytes.member([0x61]))
    }
    #expect(
      text == "data.gz: is gzip, not text in UTF-8; this makes it: gzip -dc 'data.gz' > 'data'"
    )
  }

  @Test func tablesAreNamedByWhatIsInside() {
    #expect(
      FileFormat.tableProblem("a/b.CSV.gz")
        == "is CSV by its name, not JSON; this makes it: python3 -c 'import sys, pandas; "
        + "pandas.read_csv(sys.argv[1]).to_json(sys.argv[2], orient=\"records\", lines=True)' "
        + "'a/b.CSV.gz' 'a/b.jsonl'"
    )
    #expect(FileFormat.tableProblem("a.jsonl.gz") == nil)
  }

  /// A run that is asked to stop does, and leaves nothing in its scratch folder.
  @Test func readingCanBeInterrupted() throws {
    let packed = GzipBytes.member(Array("one".utf8))
    try withFile(packed) { file, folder in
      let scratch = "\(folder)/scratch"
      func read(_ context: RunContext) throws -> String {
        try TextReader.$listener.withValue(context) { try TextReader.text(file.path) }
      }
      let text = try read(RunContext(scratch: scratch))
      #expect(text == "one")
      #expect(FileSystem.isDirectory(scratch))
      #expect(throws: Cancelled.self) {
        try read(RunContext(scratch: scratch, isCancelled: { true }))
      }
      #expect(try FileSystem.names(in: scratch) == [])
    }
  }
}
