import BillhookCore
import Foundation
import Testing
import TestSupport

/// What may lie in a directory beside what is usual, and what contradicts itself.
@Suite struct CheckpointFilesTests {
  private static let embedding = "model.embed_tokens.weight"
  private static let head = "lm_head.weight"
  private static let index = "model.safetensors.index.json"

  // MARK: Tied tables

  @Test func aSharedTableMayHaveTheNameOfTheHead() throws {
    let source = try LanguageModel(opening: Fixture.path("models/llama-tied-biases"))
    try ModelCopy.with("llama-tied-biases") { copy in
      try copy.rewrite { tensors in
        tensors[Self.head] = tensors[Self.embedding]
        tensors[Self.embedding] = nil
      }
      let model = try copy.open()
      for (id, _) in source.configuration.allWeights {
        #expect(try model.weights.stored(id).hasSameBytes(as: source.weights.stored(id)), "\(id)")
      }
      // Saved under the name that transformers gives it.
      try FileSystem.makeDirectory("\(copy.path)/saved")
      try ModelWriter(model, dtype: nil, shardLimit: .max).write(into: "\(copy.path)/saved")
      let saved = try SafetensorsFile("\(copy.path)/saved/model.safetensors")
      #expect(saved.names.contains(Self.embedding) && !saved.names.contains(Self.head))
    }
  }

  @Test func aTableThatIsNotSharedIsMissed() throws {
    for name in [Self.embedding, Self.head] {
      try ModelCopy.with("llama-gqa") { copy in
        try copy.rewrite { $0[name] = nil }
        let error = #expect(throws: FileError.self) { _ = try copy.open() }
        #expect(error?.place == name)
      }
    }
    try ModelCopy.with("llama-tied-biases") { copy in
      try copy.rewrite { $0[Self.embedding] = nil }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.place == Self.embedding)
    }
  }

  // MARK: What can be computed

  static let derived: [(name: String, shape: [Int])] = [
    ("model.layers.0.self_attn.rotary_emb.inv_freq", [6]),
    ("model.rotary_emb.inv_freq", [6]),
    ("model.rotary_emb.original_inv_freq", [6]),
    ("model.rotary_emb.sliding_attention_inv_freq", [6]),
    ("model.rotary_emb_local.inv_freq", [6]),
    ("rotary_emb.inv_freq", [6]),
    ("model.layers.3.self_attn.rotary_emb.cos_cached", [1, 1, 64, 12]),
    ("model.layers.3.self_attn.rotary_emb.sin_cached", [64, 12]),
    ("model.layers.2.self_attn.masked_bias", []),
    ("model.layers.2.self_attn.bias", [1, 1, 8, 8]),
    ("model.layers.2.attn.bias", [8, 8]),
    ("model.causal_mask", [8, 8]),
    ("model.embeddings.position_ids", [1, 8]),
  ]

  @Test(arguments: derived.indices)
  func derivedTensorsArePassedOver(index: Int) throws {
    let (name, shape) = Self.derived[index]
    try ModelCopy.with("llama-gqa") { copy in
      try copy.rewrite { $0[name] = try Tensor.full(shape, 3) }
      #expect(try copy.open().blocks.count == 4)
    }
    // Whatever the index says of it.
    try ModelCopy.with("llama-sharded") { copy in
      try copy.rewrite("model-00001-of-00005.safetensors") { $0[name] = try Tensor.full(shape, 3) }
      #expect(try copy.open().blocks.count == 16)
    }
  }

  static let unknown: [(name: String, shape: [Int])] = [
    ("model.layers.2.self_attn.bias", [32]), ("model.layers.2.bias", [8, 8]),
    ("lm_head.bias", [61]), ("model.layers.0.self_attn.q_norm.weight", [12]),
    ("model.inv_freqs", [6]), ("inv_freq.weight", [6]),
    ("model.layers.0.self_attn.bias.weight", [8, 8]),
    ("score.weight", [2, 32]), ("model.layers.4.input_layernorm.weight", [32]),
  ]

  @Test(arguments: unknown.indices)
  func otherTensorsAreNot(index: Int) throws {
    let (name, shape) = Self.unknown[index]
    try ModelCopy.with("llama-gqa") { copy in
      try copy.rewrite { $0[name] = try Tensor.full(shape, 3) }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.place == name)
      #expect(error?.message == "belongs to nothing that config.json describes")
    }
  }

  // MARK: Indexes

  /// Writes an index of the one file of a model.
  private func indexed(
    _ copy: ModelCopy,
    _ edit: (inout [JSON.Member]) -> Void = { _ in }
  ) throws {
    let file = try SafetensorsFile("\(copy.path)/model.safetensors")
    var members = file.names.map { JSON.Member(key: $0, value: "model.safetensors") }
    edit(&members)
    let index: JSON = ["metadata": ["total_size": 1], "weight_map": .object(members)]
    try copy.write(index.text(), to: Self.index)
  }

  @Test func anIndexMayAgreeWithTheOneFile() throws {
    try ModelCopy.with("llama-gqa") { copy in
      try indexed(copy)
      #expect(try copy.open().blocks.count == 4)
      try copy.rewrite { $0["model.rotary_emb.inv_freq"] = try Tensor.full([6], 1) }
      #expect(try copy.open().blocks.count == 4)
    }
  }

  @Test func anIndexThatLacksAWeightIsAnError() throws {
    try ModelCopy.with("llama-gqa") { copy in
      try indexed(copy) { $0.removeAll { $0.key == "model.norm.weight" } }
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.path == "\(copy.path)/model.safetensors")
      #expect(error?.place == "model.norm.weight")
      #expect(error?.message.hasPrefix("is missing in \(copy.path)/\(Self.index)") == true)
    }
  }

  @Test func whichFileToRemoveIsSaid() throws {
    try ModelCopy.with("llama-gqa") { copy in
      let shards: JSON = [
        "weight_map": [
          "model.norm.weight": "model-00001-of-00002.safetensors",
          "lm_head.weight": "model-00002-of-00002.safetensors",
        ]
      ]
      try copy.write(shards.text(), to: Self.index)
      let stale = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(
        stale?.message
          == "model.safetensors.index.json names model-00001-of-00002.safetensors and 1 more, which the "
          + "directory lacks, and not model.safetensors, which it holds; remove "
          + "model.safetensors.index.json if model.safetensors is the model, or else "
          + "model.safetensors, and fetch what is missing"
      )
    }
    try ModelCopy.with("llama-sharded") { copy in
      let other = try FileSystem.read(Fixture.path("models/llama-gqa/model.safetensors"))
      try FileSystem.write(other, to: "\(copy.path)/model.safetensors")
      let stray = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(
        stray?.message.hasSuffix(
          "; remove model.safetensors, or model.safetensors.index.json with its files"
        ) == true
      )
    }
  }

  @Test func shardsMayBeNamedFromHere() throws {
    try ModelCopy.with("llama-sharded") { copy in
      let text = try Fixture.text("\(copy.path)/\(Self.index)")
      try copy.write(text.replacing("\"model-000", with: "\"./model-000"), to: Self.index)
      #expect(try copy.open().blocks.count == 16)
    }
  }

  @Test func anEqualCopyInAnotherShardIsPassedOver() throws {
    let name = "model.norm.weight"
    let shards = try FileSystem.names(in: Fixture.path("models/llama-sharded"))
      .filter { $0.hasSuffix(".safetensors") }
    for shard in shards {
      try ModelCopy.with("llama-sharded") { copy in
        let norm = try copy.open().weights.stored(WeightID(.finalNorm)).copied()
        try copy.rewrite(shard) { if $0[name] == nil { $0[name] = norm } }
        #expect(try copy.open().blocks.count == 16)
        // The same name and type, and another number.
        let holds = try SafetensorsFile("\(Fixture.path("models/llama-sharded"))/\(shard)")
        guard !holds.names.contains(name) else { return }
        try copy.rewrite(shard) { $0[name] = try (norm * 2).to(norm.dtype) }
        let error = #expect(throws: FileError.self) { _ = try copy.open() }
        #expect(error?.path == "\(copy.path)/\(shard)" && error?.place == name)
      }
    }
  }

  // MARK: What is missing

  @Test func linksWithoutTargetsSaySo() throws {
    for file in ["model.safetensors", "config.json", Self.index] {
      try ModelCopy.with("llama-gqa") { copy in
        try FileSystem.remove("\(copy.path)/\(file)")
        try FileManager.default.createSymbolicLink(
          atPath: "\(copy.path)/\(file)",
          withDestinationPath: "../../blobs/0123abcd"
        )
        let error = #expect(throws: FileError.self) { _ = try copy.open() }
        #expect(error?.path == "\(copy.path)/\(file)")
        #expect(
          error?.message.hasPrefix("is a link to ../../blobs/0123abcd, which does not exist")
            == true
        )
      }
    }
    try ModelCopy.with("llama-sharded") { copy in
      let shard = "\(copy.path)/model-00002-of-00005.safetensors"
      try FileSystem.remove(shard)
      try FileManager.default.createSymbolicLink(atPath: shard, withDestinationPath: "gone")
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(error?.path == shard && error?.message.hasPrefix("is a link to gone") == true)
    }
  }

  @Test func shardsWithoutAnIndexAreNamed() throws {
    try ModelCopy.with("llama-sharded") { copy in
      try FileSystem.remove("\(copy.path)/\(Self.index)")
      let error = #expect(throws: FileError.self) { _ = try copy.open() }
      #expect(
        error?.message.hasPrefix(
          "holds model-00001-of-00005.safetensors, but not model.safetensors.index.json"
        ) == true
      )
    }
  }
}
