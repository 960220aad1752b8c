import BillhookCore
import Testing
import TestSupport

/// Nemotron-NAS: blocks with groups and widths of their own, and without a part.
@Suite struct NemotronTests {
  private static let hidden = 32
  private static let heads = 4
  private static let size = 8
  private static let vocabulary = 40
  private static let widest = 512

  /// The KV heads and the channels of each block; nil where the part is not there.
  private static let blocks: [(groups: Int?, width: Int?)] = [
    (2, 512), (4, 256), (1, nil), (nil, 512),
  ]

  /// A Llama where every block has a KV head for each query head and the widest MLP computes the same
  /// when KV heads come several times and what is not there is zeros.
  @Test func computesLikeALlamaWithCopiesAndZeros() throws {
    let expected = try withModel(padded: true) { try logits(of: $0) }
    #expect((expected.map(abs).max() ?? 0) > 0.5)
    try withModel(padded: false) { model in
      #expect(model.blocks.map { $0.attention?.keyValueHeads } == [2, 4, 1, nil])
      #expect(model.blocks.map { $0.mlp?.width } == [512, 256, nil, 512])
      let found = try logits(of: model)
      #expect(differenceToScale(found, expected) < 1e-5)
    }
  }

  @Test func isSavedInEveryFormThatHoldsIt() throws {
    try withModel(padded: false) { model in
      let expected = try logits(of: model)
      #expect(model.obstacle(to: .family) != nil)
      for architecture in [SavedArchitecture.nemotronNAS, .custom] {
        try Fixture.withFolder { folder in
          try ModelWriter(model, as: architecture, dtype: nil, shardLimit: 1 << 30)
            .write(into: folder)
          let saved = try LanguageModel(opening: folder)
          #expect(saved.configuration.computesLike(model.configuration))
          #expect(try logits(of: saved) == expected)
          let config = try JSON(contentsOf: "\(folder)/config.json")
          let isCustom = architecture == .custom
          #expect((config["block_configs"] == nil) == isCustom)
          #expect((config["layer_widths"] != nil) == isCustom)
          guard !isCustom else { return }
          // 3/2 of the width over the hidden size.
          let parts = config["block_configs"]?.array ?? []
          #expect(parts.map { $0["ffn"]?["ffn_mult"]?.double } == [24, 12, nil, 24])
          #expect(parts.map { $0["attention"]?["n_heads_in_group"]?.int } == [2, 1, 4, nil])
          #expect(parts.map { $0["ffn"]?["no_op"] } == [false, false, true, false])
          #expect(parts.map { $0["attention"]?["no_op"] } == [false, false, false, true])
        }
      }
    }
  }

  @Test func isSavedWithoutABlock() throws {
    try withModel(padded: false) { model in
      let cut = try model.removingBlocks([1])
      let expected = try logits(of: cut)
      try Fixture.withFolder { folder in
        try ModelWriter(cut, as: .nemotronNAS, dtype: nil, shardLimit: 1 << 30)
          .write(into: folder)
        let saved = try LanguageModel(opening: folder)
        #expect(saved.blocks.map { $0.attention?.keyValueHeads } == [2, 1, nil])
        #expect(try logits(of: saved) == expected)
      }
    }
  }

  /// `intermediate_size` says the width where there is no multiple.
  @Test func aWidthWithoutAMultiple() throws {
    try Fixture.withFolder { folder in
      let copy = try write(padded: false, into: folder)
      try copy.configure { text in
        let parts = (0..<Self.blocks.count).map { number -> JSON in
          let old = Self.part(number)
          guard let width = Self.blocks[number].width, let attention = old["attention"] else {
            return old
          }
          let mlp: JSON = [
            "intermediate_size": .number(JSONNumber(width)), "no_op": false,
          ]
          return ["attention": attention, "ffn": mlp]
        }
        text.set("block_configs", to: .array(parts))
      }
      #expect(try copy.open().blocks.map { $0.mlp?.width } == [512, 256, nil, 512])
    }
  }

  private func logits(of model: LanguageModel) throws -> [Double] {
    try Traversal(model, .testing()).logits(of: [[3, 1, 4, 1, 5, 9, 2, 6]]).doubles()
  }

  private func withModel<Result>(
    padded: Bool,
    _ body: (LanguageModel) throws -> Result
  ) throws -> Result {
    try Fixture.withFolder { try body(write(padded: padded, into: $0).open()) }
  }

  /// Writes the model as a Nemotron-NAS or, with copies and zeros, as a Llama.
  private func write(padded: Bool, into folder: String) throws -> ModelCopy {
    let tensors = try tensors(padded: padded)
    try SafetensorsWriter.replace("\(folder)/model.safetensors", by: tensors)
    func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }
    var config: [JSON.Member] = [
      JSON.Member(key: "hidden_size", value: number(Self.hidden)),
      JSON.Member(key: "num_hidden_layers", value: number(Self.blocks.count)),
      JSON.Member(key: "num_attention_heads", value: number(Self.heads)),
      JSON.Member(key: "vocab_size", value: number(Self.vocabulary)),
      JSON.Member(key: "max_position_embeddings", value: 64),
      JSON.Member(key: "rms_norm_eps", value: 1e-6),
      JSON.Member(key: "rope_theta", value: 10000.0),
      JSON.Member(key: "hidden_act", value: "silu"),
      JSON.Member(key: "tie_word_embeddings", value: false),
      JSON.Member(key: "torch_dtype", value: "float32"),
    ]
    if padded {
      config += [
        JSON.Member(key: "architectures", value: ["LlamaForCausalLM"]),
        JSON.Member(key: "model_type", value: "llama"),
        JSON.Member(key: "num_key_value_heads", value: number(Self.heads)),
        JSON.Member(key: "intermediate_size", value: number(Self.widest)),
      ]
    } else {
      config += [
        JSON.Member(key: "architectures", value: ["DeciLMForCausalLM"]),
        JSON.Member(key: "model_type", value: "nemotron-nas"),
        JSON.Member(key: "num_key_value_heads", value: .null),
        JSON.Member(key: "block_configs", value: .array(Self.blocks.indices.map(Self.part))),
      ]
    }
    let copy = ModelCopy(at: folder)
    try copy.write(JSON.object(config).text(), to: "config.json")
    return copy
  }

  /// An entry of `block_configs`, written out.
  private static func part(_ number: Int) -> JSON {
    let none: JSON = ["no_op": true, "replace_with_linear": false]
    var attention = none
    var mlp = none
    if let groups = blocks[number].groups {
      attention = [
        "n_heads_in_group": .number(JSONNumber(heads / groups)), "no_op": false,
        "replace_with_linear": false,
      ]
    }
    if let width = blocks[number].width {
      mlp = ["ffn_mult": .number(JSONNumber(3 * width / (2 * hidden))), "no_op": false]
    }
    return ["attention": attention, "ffn": mlp]
  }

  private func tensors(padded: Bool) throws -> [(name: String, tensor: Tensor)] {
    let (hidden, all) = (Self.hidden, Self.heads * Self.size)
    var tensors: [(name: String, tensor: Tensor)] = []
    // By name, so that both models have the same numbers.
    func random(_ name: String, _ shape: Int...) throws -> Tensor {
      let generator = try Generator(seed: RandomSeed(11).derived(name).value)
      let scale = shape.count == 1 ? 1 : 2 / Double(shape[1]).squareRoot()
      return try generator.normal(shape) * scale
    }
    func add(_ name: String, _ tensor: Tensor) { tensors.append(("\(name).weight", tensor)) }
    add("model.embed_tokens", try random("embedding", Self.vocabulary, hidden))
    add("model.norm", try random("norm", hidden))
    add("lm_head", try random("head", Self.vocabulary, hidden))
    for (number, block) in Self.blocks.enumerated() {
      let place = "model.layers.\(number)"
      // Where the part is not there, the last matrix of a Llama is zeros.
      if block.groups != nil || padded {
        let groups = block.groups ?? Self.heads
        add("\(place).input_layernorm", try random("\(place) input norm", hidden))
        add("\(place).self_attn.q_proj", try random("\(place) query", all, hidden))
        for name in ["k_proj", "v_proj"] {
          let rows = try random("\(place) \(name)", groups * Self.size, hidden)
          let copies = padded ? Self.heads / groups : 1
          add("\(place).self_attn.\(name)", try repeated(rows, copies))
        }
        let output = try random("\(place) output", hidden, all)
        add("\(place).self_attn.o_proj", block.groups == nil ? try output * 0 : output)
      }
      if block.width != nil || padded {
        let width = block.width ?? Self.widest
        let missing = padded ? Self.widest - width : 0
        add("\(place).post_attention_layernorm", try random("\(place) norm", hidden))
        for name in ["gate_proj", "up_proj"] {
          let rows = try random("\(place) \(name)", width, hidden)
          let rest = try Tensor.zeros([missing, hidden])
          add("\(place).mlp.\(name)", try Tensor.joined([rows, rest], along: 0))
        }
        let columns = [try random("\(place) down", hidden, width), try .zeros([hidden, missing])]
        let down = try Tensor.joined(columns, along: 1)
        add("\(place).mlp.down_proj", block.width == nil ? try down * 0 : down)
      }
    }
    return tensors
  }

  /// Each KV head several times in a row.
  private func repeated(_ rows: Tensor, _ count: Int) throws -> Tensor {
    let groups = rows.shape[0] / Self.size
    let heads = try (0..<groups * count).map { head -> Tensor in
      let start = head / count * Self.size
      return try rows.narrowed(0, to: start..<start + Self.size)
    }
    return try Tensor.joined(heads, along: 0)
  }
}
