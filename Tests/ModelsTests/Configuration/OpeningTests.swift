import BillhookCore
import Testing
import TestSupport

/// Opening a model directory: everything is claimed, and what is wrong is named.
@Suite struct OpeningTests {
  @Test func shapesAndCounts() throws {
    let model = try LanguageModel(opening: Fixture.path("models/llama-gqa"))
    #expect(model.blocks.count == 4)
    #expect(
      model.blocks[2].attention
        == AttentionShape(queryHeads: 4, keyValueHeads: 2, headSize: 12)
    )
    #expect(model.blocks[2].mlp == MLPShape(width: 56))
    // Per block: q and o 48x32, k and v 24x32, three MLP matrices 56x32, two norms of 32.
    let block = 2 * 48 * 32 + 2 * 24 * 32 + 3 * 56 * 32 + 2 * 32
    #expect(model.parameterCount == 4 * block + 2 * 61 * 32 + 32)
    #expect(try model.byteCount() == 4 * model.parameterCount)
  }

  @Test func aTiedTableCountsOnce() throws {
    let model = try LanguageModel(opening: Fixture.path("models/llama-tied-biases"))
    #expect(model.configuration.tiesEmbeddings)
    #expect(!model.configuration.allWeights.contains { $0.id.role == .head })
    #expect(model.configuration.weights(of: model.blocks[0]).contains { $0.id.role == .downBias })
    #expect(try model.byteCount() == 2 * model.parameterCount)
  }

  /// An edit of config.json, and what the error has to name.
  static let edits: [(key: String, value: JSON, names: [String])] = [
    (
      "architectures", ["MambaForCausalLM"],
      ["architectures", "MambaForCausalLM", "`model_type` is llama"]
    ),
    ("hidden_size", 0, ["hidden_size", "0"]),
    ("hidden_size", -4, ["hidden_size", "-4"]),
    ("hidden_size", "32", ["hidden_size"]),
    ("hidden_size", 64, ["model.embed_tokens.weight", "[61, 64]", "[61, 32]"]),
    ("num_hidden_layers", 999_999_999_999, ["num_hidden_layers"]),
    ("num_hidden_layers", 20_000, ["num_hidden_layers", "20000"]),
    ("num_hidden_layers", 5, ["model.layers.4.input_layernorm.weight"]),
    ("num_hidden_layers", 3, ["model.layers.3.input_layernorm.weight", "belongs to nothing"]),
    ("num_attention_heads", 5, ["num_key_value_heads", "5"]),
    ("head_dim", 11, ["head_dim", "11"]),
    ("hidden_act", "relu", ["hidden_act", "relu", "silu"]),
    ("rope_parameters", ["rope_type": "ntk"], ["rope_parameters.rope_type", "ntk", "yarn"]),
    ("rope_scaling", ["type": "linear", "factor": 2], ["rope_scaling", "rope_parameters"]),
    ("rms_norm_eps", -1, ["rms_norm_eps"]),
    ("tie_word_embeddings", true, ["lm_head.weight", "tie_word_embeddings"]),
    ("attention_bias", true, ["q_proj.bias"]),
    ("quantization_config", ["quant_method": "awq"], ["quantization_config.quant_method"]),
  ]

  @Test(arguments: edits.indices)
  func whatIsWrongIsNamed(index: Int) throws {
    let edit = Self.edits[index]
    try withCopy { folder in
      try change(folder) { $0.set(edit.key, to: edit.value) }
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      for name in edit.names {
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func missingFilesAreNamed() throws {
    #expect(throws: FileError.self) { try LanguageModel(opening: "/does/not/exist") }
    try withCopy { folder in
      try FileSystem.remove("\(folder)/model.safetensors")
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.message.contains("model.safetensors") == true)
    }
    try withCopy { folder in
      try FileSystem.remove("\(folder)/config.json")
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.message == "holds no config.json, which every model directory has")
      #expect(error?.path == folder)
    }
  }

  @Test(arguments: ["../elsewhere.safetensors", "/etc/passwd", "..", "", "missing.safetensors"])
  func anIndexCannotPointElsewhere(shard: String) throws {
    try withCopy { folder in
      let index: JSON = ["weight_map": ["model.embed_tokens.weight": .string(shard)]]
      try FileSystem.write(
        Array(index.text().utf8),
        to: "\(folder)/model.safetensors.index.json"
      )
      #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
    }
  }

  @Test func aTiedTableThatComesAgainInAnotherTypeIsAnError() throws {
    try Fixture.withFolder { folder in
      let source = Fixture.path("models/llama-tied-biases")
      let file = try SafetensorsFile("\(source)/model.safetensors")
      var tensors = try file.names.map { (name: String) in (name, try file.tensor(name)) }
      let table = try file.tensor("model.embed_tokens.weight")
      tensors.append(("lm_head.weight", try table.to(.float64)))
      var writer = try SafetensorsWriter(
        "\(folder)/model.safetensors",
        holding: tensors.map { TensorPlan(name: $0.0, dtype: $0.1.dtype, shape: $0.1.shape) }
      )
      for (_, tensor) in tensors { try writer.append(tensor) }
      try writer.finish()
      let text = try FileSystem.read("\(source)/config.json")
      try FileSystem.write(text, to: "\(folder)/config.json")
      let error = #expect(throws: FileError.self) { try LanguageModel(opening: folder) }
      #expect(error?.place == "lm_head.weight")
    }
  }

  @Test func olderKeysAreRead() throws {
    try withCopy { folder in
      try change(folder) {
        $0.remove("rope_parameters")
        $0.set("rope_theta", to: 5000)
        $0.set("rope_scaling", to: nil)
      }
      let model = try LanguageModel(opening: folder)
      #expect(model.blocks[0].attention?.rotary?.base == 5000)
    }
  }

  private func withCopy(_ body: (String) throws -> Void) throws {
    try Fixture.withFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        let bytes = try FileSystem.read(Fixture.path("models/llama-gqa/\(name)"))
        try FileSystem.write(bytes, to: "\(folder)/\(name)")
      }
      try body(folder)
    }
  }

  private func change(_ folder: String, _ edit: (inout JSONText) -> Void) throws {
    var text = try JSONText(FileSystem.read("\(folder)/config.json"))
    edit(&text)
    try FileSystem.write(text.bytes, to: "\(folder)/config.json")
  }

  /// Python writes numbers into configurations that JSON does not have.
  ///
  /// Keys that nobody reads keep them; one that is read says what was found.
  @Test func numbersOfPython() throws {
    try ModelCopy.with("llama-gqa") { copy in
      let path = "\(copy.path)/config.json"
      let old = String(decoding: try FileSystem.read(path), as: UTF8.self)
      let limit = "\"time_step_limit\": [0.0, Infinity]"
      try copy.write(
        old.replacing("{\n", with: "{\n  \(limit),\n", maxReplacements: 1),
        to: "config.json"
      )
      let model = try copy.open()
      #expect(model.remarks.contains { $0.contains("time_step_limit") })
      try Fixture.withFolder { folder in
        let shorter = try model.removingBlocks([1])
        try FileSystem.makeDirectory("\(folder)/out")
        try ModelWriter(shorter, dtype: nil, shardLimit: .max).write(into: "\(folder)/out")
        let saved = try FileSystem.read("\(folder)/out/config.json")
        #expect(String(decoding: saved, as: UTF8.self).contains(limit))
        #expect(try LanguageModel(opening: "\(folder)/out").blocks.count == 3)
      }
      for (value, key) in [("NaN", "rms_norm_eps"), ("Infinity", "num_hidden_layers")] {
        let json = try JSON(parsing: old.utf8)
        let members = (json.members ?? []).map { member in
          "\"\(member.key)\": \(member.key == key ? value : member.value.text(indent: nil))"
        }
        try copy.write("{\(members.joined(separator: ", "))}", to: "config.json")
        let error = #expect(throws: FileError.self) { try copy.open() }
        #expect(error?.place == key)
        #expect(error?.message.contains("found \(value)") == true, "\(String(describing: error))")
      }
    }
  }
}
