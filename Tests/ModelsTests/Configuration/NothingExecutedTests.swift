import BillhookCore
import Foundation
import TestSupport
import Testing

/// Nothing in a model directory is executed: code and pickles are not even opened.
@Suite struct NothingExecutedTests {
  private static let code = [
    "modeling_custom.py", "configuration_custom.py", "setup.sh", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "training_args.bin", "model.pt", "consolidated.00.pth",
  ]

  @Test func codeBesideTheWeightsIsLeftAlone() throws {
    try withModel { folder in
      // Whoever opened one of these pipes to read it would find nothing there, or wait.
      for name in Self.code { #expect(mkfifo("\(folder)/\(name)", 0o755) == 0) }
      var text = try JSONText(FileSystem.read(Fixture.path("models/llama-gqa/config.json")))
      text.set("auto_map", to: ["AutoModelForCausalLM": "modeling_custom.Custom"])
      try FileSystem.remove("\(folder)/config.json")
      try FileSystem.write(text.bytes, to: "\(folder)/config.json")
      let model = try LanguageModel(opening: folder)
      #expect(model.configuration.architecture == "LlamaForCausalLM")
      try FileSystem.makeDirectory("\(folder)/saved")
      try ModelWriter(model, dtype: nil, shardLimit: .max).write(into: "\(folder)/saved")
      #expect(try FileSystem.names(in: "\(folder)/saved") == ["config.json", "model.safetensors"])
    }
  }

  @Test func aClassThatOnlyCodeDescribesIsRefused() throws {
    try withModel { folder in
      let config: JSON = [
        "architectures": ["CustomForCausalLM"],
        "auto_map": ["AutoModelForCausalLM": "modeling_custom.CustomForCausalLM"],
      ]
      try FileSystem.remove("\(folder)/config.json")
      try FileSystem.write(Array(config.text().utf8), to: "\(folder)/config.json")
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.place == "architectures")
    }
  }

  @Test func pickledWeightsAreRefusedUnread() throws {
    try withModel { folder in
      try FileSystem.remove("\(folder)/model.safetensors")
      #expect(mkfifo("\(folder)/pytorch_model.bin", 0o644) == 0)
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.path == folder)
      #expect(error?.message.contains("pickled ones, are not read") == true)
    }
  }

  private func withModel(_ body: (String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(folder)/\(name)",
          withDestinationPath: Fixture.path("models/llama-gqa/\(name)")
        )
      }
      try body(folder)
    }
  }
}
