import BillhookCore
import Foundation
import TestSupport
import Testing

/// Files that are not what they seem: pipes, holes, and files that change while they are read.
@Suite struct HostileFileTests {
  @Test func aPipeIsNoFileAndNobodyWaitsForIt() throws {
    try Fixture.withFolder { folder in
      let pipe = "\(folder)/config.json"
      #expect(mkfifo(pipe, 0o644) == 0)
      for read in [{ _ = try MappedFile(pipe) }, { _ = try LanguageModel(opening: folder) }] {
        let error = #expect(throws: FileError.self) { try read() }
        #expect(error?.path == pipe)
        #expect(error?.message == "expected a file, found something else")
      }
      let error = #expect(throws: TokenizerError.self) { try Tokenizer(contentsOf: pipe) }
      #expect(error?.file == pipe)
    }
  }

  @Test(arguments: ["config.json", "model.safetensors.index.json", "tokenizer.json"])
  func aFileWithHolesIsNotReadAsLongAsItSays(name: String) throws {
    try Fixture.withFolder { folder in
      let config = try FileSystem.read(Fixture.path("models/llama-gqa/config.json"))
      try FileSystem.write(config, to: "\(folder)/config.json")
      try FileSystem.write(Array("{".utf8), to: "\(folder)/\(name)")
      #expect(truncate("\(folder)/\(name)", 1 << 40) == 0)
      let text: String?
      if name == "tokenizer.json" {
        let path = "\(folder)/\(name)"
        text = #expect(throws: TokenizerError.self) { try Tokenizer(contentsOf: path) }?.description
      } else {
        text = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }?.description
      }
      let start = "\(folder)/\(name): expected at most "
      #expect(text?.hasPrefix(start) == true, "\(text ?? "")")
      #expect(text?.hasSuffix("found 1099511627776") == true, "\(text ?? "")")
    }
  }

  @Test func aFileWithHolesIsNotCopiedBesideTheWeights() throws {
    try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(folder)/\(name)")
      }
      // A tokenizer goes along whatever its size; what nobody knows stays behind where it is large.
      for name in ["LICENSE", "tokenizer.json"] {
        try FileSystem.write([], to: "\(folder)/\(name)")
        #expect(truncate("\(folder)/\(name)", 1 << 40) == 0)
      }
      let model = try LanguageModel(opening: folder)
      #expect(model.directory.companions.leftBehind == ["LICENSE"])
      let writer = ModelWriter(model, dtype: nil, shardLimit: .max)
      try FileSystem.makeDirectory("\(folder)/saved")
      let error = #expect(throws: FileError.self) { try writer.write(into: "\(folder)/saved") }
      #expect(error?.path == "\(folder)/tokenizer.json")
    }
  }

  @Test func aFileThatIsCutShortWhileItIsReadIsAnError() throws {
    try Fixture.withFolder { folder in
      let path = "\(folder)/file"
      try FileSystem.write([1, 2, 3, 4], to: path)
      let file = try MappedFile(path)
      #expect(try file.copy(of: 1..<3) == [2, 3])
      #expect(truncate(path, 2) == 0)
      let error = #expect(throws: FileError.self) { try file.copy(of: 0..<4) }
      #expect(error?.description == "\(path): was cut short while it was read")
    }
  }

  @Test func messagesAreShortAndSteerNoTerminal() {
    let key = "\u{1B}[2J\n" + String(repeating: "x", count: 100_000)
    let text = FileError("file", at: key, "found \(key)").description
    #expect(text.utf8.count < 3000)
    #expect(!text.contains("\u{1B}"))
    #expect(!text.contains("\n"))
    #expect(text.hasPrefix("file: `\u{FFFD}[2J\u{FFFD}xxx"))
  }
}
