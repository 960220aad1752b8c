import BillhookCore
import Foundation
import TestSupport
import Testing

/// Configurations whose sizes belong to no model: the key is named, and nothing is made that large.
@Suite struct HostileConfigurationTests {
  static let sizes = [
    "hidden_size", "vocab_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings",
  ]

  static let wrong: [JSON] = [
    0, -1, -9_223_372_036_854_775_808, 9_223_372_036_854_775_807, 67_108_865, 1e30, 0.5, "32",
    [32], ["a": 1], true, .number(JSONNumber(text: "18446744073709551616") ?? JSONNumber(0)),
    .number(JSONNumber(text: "1e999999999999999999") ?? JSONNumber(0)),
  ]

  @Test(arguments: sizes)
  func everySizeIsChecked(key: String) throws {
    for value in Self.wrong {
      let error = try refusal { $0.set(key, to: value) }
      #expect(error?.place == key, "\(value): \(error?.description ?? "")")
      #expect(error?.message.hasPrefix("expected ") == true)
    }
  }

  @Test func enormousModelsAreRefused() throws {
    let largest: JSON = 67_108_864
    let error = try refusal { text in
      for key in Self.sizes where key != "num_hidden_layers" { text.set(key, to: largest) }
      text.set("num_hidden_layers", to: 10_000)
    }
    #expect(error?.place == "hidden_size")
    #expect(error?.message.contains("more than 2^56 parameters") == true)
  }

  @Test func contradictorySizesAreMissedAtTheirTensor() throws {
    let head = try refusal { $0.set("head_dim", to: 16) }
    #expect(head?.place == "model.layers.0.self_attn.q_proj.weight")
    let width = try refusal { $0.set("intermediate_size", to: 57) }
    #expect(width?.place == "model.layers.0.mlp.gate_proj.weight")
    let groups = try refusal { $0.set("num_key_value_heads", to: 3) }
    #expect(groups?.place == "num_key_value_heads")
  }

  @Test(arguments: ["rms_norm_eps", "rope_theta"])
  func numbersAreFiniteAndAboveZero(key: String) throws {
    for text in ["0", "-1", "1e999", "-0.0", "\"1\"", "[]"] {
      let error = try refusal { $0.set(key, to: (try? JSON(parsing: text.utf8)) ?? nil) }
      #expect(error?.place == key, "\(text): \(error?.description ?? "")")
    }
  }

  @Test func deepAndDamagedTextIsPlaced() throws {
    let deep = "{\"a\": " + String(repeating: "[", count: 1_000_000)
    for (text, says) in [
      (deep, "line 1, column 134: nested deeper than 128 levels"),
      ("{\"hidden_size\": 1, \"hidden_size\": 2}", "the key \"hidden_size\" occurs twice"),
      ("", "expected an object, found the end"),
      ("[]", "expected an object, found `[`"),
    ] {
      let error = try refusal(text: text)
      #expect(error?.description.contains("config.json: line 1") == true)
      #expect(error?.message.contains(says) == true, "\(error?.description ?? "")")
    }
  }

  private func refusal(_ edit: (inout JSONText) -> Void) throws -> FileError? {
    var text = try JSONText(FileSystem.read(Fixture.path("models/llama-gqa/config.json")))
    edit(&text)
    return try refusal(text: String(decoding: text.bytes, as: UTF8.self))
  }

  private func refusal(text: String) throws -> FileError? {
    try Fixture.withFolder { folder in
      try FileSystem.write(Array(text.utf8), to: "\(folder)/config.json")
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/model.safetensors",
        withDestinationPath: Fixture.path("models/llama-gqa/model.safetensors")
      )
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.path.hasPrefix(folder) == true)
      return error
    }
  }
}
