import BillhookCore
import BillhookEngine
import BillhookFiles
@testable import BillhookPlugins
import TestSupport
import Testing

/// Data as people have it: read as `datasets` reads it, or named for what it is.
@Suite struct DataFormatTests {
  private func documents(_ bytes: [UInt8], name: String = "data.jsonl") throws -> [Document] {
    try Fixture.withFolder { folder in
      try FileSystem.write(bytes, to: "\(folder)/\(name)")
      var source = JSONLines()
      source.file = InputFile(name, at: "\(folder)/\(name)")
      try source.check()
      return try source.documents()
    }
  }

  private func failure(_ bytes: [UInt8], name: String = "data.jsonl") throws -> String {
    try Fixture.withFolder { folder in
      try FileSystem.write(bytes, to: "\(folder)/\(name)")
      var source = JSONLines()
      source.file = InputFile(name, at: "\(folder)/\(name)")
      let error = #expect(throws: DataError.self) { try source.documents() }
      let text = (error?.description ?? "").split(separator: "\(folder)/").joined()
      return text
    }
  }

  private static let a = #"{"text": "a"}"#
  private static let b = #"{"text": "b"}"#

  @Test(arguments: [
    "\(a)\n\(b)\n", "\(a)\n\(b)", "\(a)\r\n\(b)\r\n", "\u{FEFF}\(a)\n\(b)", "\(a)\n\t\n \n\(b)",
    "\n\n\(a)\n\(b)", "[\(a),\(b)]", "\u{FEFF}[\n  \(a),\n  \(b)\n]\n",
    "{\n \"text\":\n \"a\"\n}\n{\n \"text\": \"b\"\n}\n",
    "\(a)\n{\"text\": null}\n\(b)", "\(a)\n{\"meta\": 1}\n\(b)", "\(a)\n{\"text\": NaN}\n\(b)",
    "\(a)\n{\"text\": \"\"}\n\(b)",
    "{\"text\": \"a\", \"score\": NaN, \"loss\": [-Infinity, Infinity]}\n\(b)",
    "{\"id\": 1\(String(repeating: "0", count: 400)), \"text\": \"a\"}\n\(b)",
  ])
  func recordsAreRead(text: String) throws {
    #expect(try documents(Array(text.utf8)) == [.text("a"), .text("b")])
  }

  @Test func nothingIsNoDocument() throws {
    for text in ["", "\n", "\u{FEFF}", "[]", " \r\n"] {
      #expect(try documents(Array(text.utf8)).isEmpty)
    }
  }

  @Test(arguments: [
    ("\(a)\n{\"text\": }\n", "data.jsonl: line 2, column 10: expected a value, found `}`"),
    ("\(a) \(b)\n", "data.jsonl: line 1, column 15: expected the end of the line, found `{`"),
    ("\(a),\n\(b)\n", "data.jsonl: line 1, column 14: expected the end of the line, found `,`"),
    ("[\(a)\n\(b)]", "data.jsonl: line 2, column 1: expected `,` or `]`, found `{`"),
    ("[\(a)]\n3", "data.jsonl: line 2, column 1: expected the end of the document, found `3`"),
    ("\(a)\n[1]\n", "data.jsonl: line 2: expected an object with the field `text`, found an array"),
    (
      "\n\(a)\n{\"text\": 3}",
      "data.jsonl: line 3: expected text in the field `text`, found a number"
    ),
    ("{\"messages\": []}\n", "data.jsonl: line 1: has no field `text`; it has `messages`"),
    (
      "{\"a\\u001b[31m\": 1}",
      "data.jsonl: line 1: has no field `text`; it has `a\u{FFFD}[31m`"
    ),
    (
      "\(a)\n{\"text\": \"c\"\n\n\(b)\n",
      "data.jsonl: line 4, column 1: expected `,` or `}`, found `{`, in the value that begins in line 2"
    ),
    ("{\"text\": Nan}", "data.jsonl: line 1, column 10: expected a value, found `N`"),
  ])
  func faultsHaveOnePlace(text: String, message: String) throws {
    #expect(try failure(Array(text.utf8)) == message)
  }

  /// The bytes of a file, its name, and what the error has to begin with.
  private static let others: [(bytes: [UInt8], name: String, message: String)] = [
    (
      [0x28, 0xB5, 0x2F, 0xFD, 0xFF], "data.zst",
      "is zstd, not text in UTF-8; this makes it: zstd -dc 'data.zst' > 'data'"
    ),
    (
      Array("PAR1\u{15}".utf8) + [0xFF], "it's.parquet",
      "is parquet, not text in UTF-8; this makes it: python3 -c 'import sys, pandas; "
        + "pandas.read_parquet(sys.argv[1]).to_json(sys.argv[2], orient=\"records\", lines=True)' "
        + "'it'\\''s.parquet' 'it'\\''s.jsonl'"
    ),
    (
      [0xFF, 0xFE, 0x61, 0], "data.txt",
      "is UTF-16, not text in UTF-8; this makes it: iconv -f UTF-16 -t UTF-8 'data.txt' > "
        + "'data.txt.utf8'"
    ),
    (
      [0x61, 0, 0x62, 0], "data.txt",
      "is UTF-16, not text in UTF-8; this makes it: iconv -f UTF-16 -t UTF-8 'data.txt' > "
        + "'data.txt.utf8'"
    ),
    (
      [0x50, 0x4B, 3, 4, 0xFF], "data.zip",
      "is a zip archive, not text in UTF-8; this makes it: unzip -p 'data.zip' > 'data'"
    ),
    (
      [0xFF, 0xFF, 0xFF, 0xFF], "data.arrow", "is arrow, not text in UTF-8; this makes it: python3"
    ),
    (Array("%PDF-1.7\n".utf8) + [0xE2], "data.pdf", "is PDF, not text in UTF-8"),
    (
      Array("text,label\na,1\n".utf8), "data.csv",
      "is CSV by its name, not JSON; this makes it: python3 -c 'import sys, pandas; "
        + "pandas.read_csv(sys.argv[1]).to_json(sys.argv[2], orient=\"records\", lines=True)' "
        + "'data.csv' 'data.jsonl'"
    ),
    (
      Array("caf".utf8) + [0xE9, 0x0A], "data.txt",
      "line 1, column 4: expected UTF-8, found a byte that is not (byte 3 of the file); where the "
        + "file is Latin-1, `iconv -f ISO-8859-1 -t UTF-8` makes it UTF-8"
    ),
  ]

  @Test(arguments: others.indices)
  func otherFormatsAreNamed(index: Int) throws {
    let (bytes, name, message) = Self.others[index]
    let text = try failure(bytes, name: name)
    #expect(text.hasPrefix("\(name): \(message)"), "\(text)")
  }

  @Test func aByteOrderMarkIsNoCharacter() throws {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array("\u{FEFF}one\r\n\u{FEFF}two".utf8), to: "\(folder)/data.txt")
      var source = TextFile()
      source.file = InputFile("\(folder)/data.txt")
      #expect(try source.documents() == [.text("one\n\u{FEFF}two")])
    }
  }
}
