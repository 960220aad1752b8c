import BillhookCore
import Foundation
import TestSupport
import Testing

/// An index names files of its own directory, and tensors that are there.
@Suite struct ShardIndexTests {
  private static let tensor = "model.embed_tokens.weight"

  static let names = [
    "../elsewhere.safetensors", "/etc/passwd", "..", ".", "", "config.json", "a/b.safetensors",
    "model-00001-of-00005.safetensors\u{0}", "../\u{301}elsewhere.safetensors",
    "pytorch_model.bin",
  ]

  @Test(arguments: names)
  func onlyWeightsOfTheSameDirectoryAreNamed(file: String) throws {
    let error = try refusal { $0 = [Self.tensor: .string(file)] }
    #expect(error?.place == Self.tensor)
    #expect(error?.message.contains("in the same directory") == true)
  }

  @Test(arguments: [1, nil, ["a"], [:], true] as [JSON])
  func aFileIsNamedByAString(value: JSON) throws {
    let error = try refusal { $0 = [Self.tensor: value] }
    #expect(error?.place == Self.tensor)
  }

  @Test func missingFilesAndTensorsAreNamed() throws {
    let missing = try refusal { $0 = [Self.tensor: "missing.safetensors"] }
    #expect(missing?.place == Self.tensor)
    #expect(missing?.message == "is in missing.safetensors, which is missing")
    let other = try refusal { $0 = [Self.tensor: "model-00003-of-00005.safetensors"] }
    #expect(other?.place == Self.tensor)
    #expect(other?.message == "model-00003-of-00005.safetensors holds no such tensor")
    #expect(try refusal { $0 = [] }?.place == "weight_map")
    #expect(try refusal { $0 = [:] }?.place == Self.tensor)
  }

  @Test func filesMayBeLinks() throws {
    try Fixture.withFolder { folder in
      let source = Fixture.path("models/llama-sharded")
      for name in try FileSystem.names(in: source) {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)",
          withDestinationPath: "\(source)/\(name)"
        )
      }
      #expect(try LanguageModel(opening: folder).blocks.isEmpty == false)
    }
  }

  private func refusal(_ edit: (inout JSON) -> Void) throws -> FileError? {
    try withCopy { folder in
      try change(folder, edit)
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.path.hasPrefix(folder) == true)
      return error
    }
  }

  private func withCopy<Result>(_ body: (String) throws -> Result) throws -> Result {
    try Fixture.withFolder { folder in
      let source = Fixture.path("models/llama-sharded")
      for name in try FileSystem.names(in: source) {
        try FileSystem.write(FileSystem.read("\(source)/\(name)"), to: "\(folder)/\(name)")
      }
      return try body(folder)
    }
  }

  private func change(_ folder: String, _ edit: (inout JSON) -> Void) throws {
    let path = "\(folder)/model.safetensors.index.json"
    var map = try JSON(parsing: FileSystem.read(path))["weight_map"] ?? [:]
    edit(&map)
    let index: JSON = ["metadata": ["total_size": -1], "weight_map": map]
    try FileSystem.write(Array(index.text().utf8), to: path)
  }
}
