import BillhookFiles
import BillhookTorch

/// Describes the model in a GGUF file by what its metadata and the names of its tensors say, as a
/// `config.json` of the family.
struct GGUFDescription {
  private let file: GGUFFile
  private let architecture: GGUFArchitecture
  /// The family whose words describe the model.
  private var family: Family
  private var members: [JSON.Member] = []

  /// The text of the configuration.
  var text: String { JSON.object(members).text() }

  /// The most blocks that llama.cpp opens.
  private static let mostBlocks = 512

  init(_ file: GGUFFile, _ architecture: GGUFArchitecture) throws {
    self.file = file
    self.architecture = architecture
    family = Family.all.first { $0.architecture == architecture.family } ?? .llama
    let blocks = try count("block_count")
    guard (1...Self.mostBlocks).contains(blocks) else {
      throw error("block_count", "expected 1 to \(Self.mostBlocks), found \(blocks)")
    }
    if architecture.family == Family.llama.architecture, value("attention.sliding_window") != nil {
      // Of the families that are like Llama, Qwen 2 has windows in some blocks.
      family = try windows(blocks).contains(false) ? .qwen2 : .mistral
    }
    let widths = try widths(blocks)
    try describe(widths)
    try describePositions(widths.map { $0.heads > 0 })
    describeTokens()
  }

  // MARK: Blocks

  /// The widths of a block, 0 where it lacks the part, and the modules with a bias.
  private struct Widths: Equatable {
    var heads: Int
    var keyValueHeads: Int
    var channels: Int
    var biases: [String]
  }

  private func widths(_ blocks: Int) throws -> [Widths] {
    let heads = try each("attention.head_count", blocks)
    let keyValueHeads = try each("attention.head_count_kv", blocks, default: heads)
    let channels = try each("feed_forward_length", blocks)
    return try (0..<blocks).map { number in
      var widths = Widths(
        heads: heads[number],
        keyValueHeads: keyValueHeads[number],
        channels: channels[number],
        biases: biases(number)
      )
      guard architecture.holdsUnequalBlocks else { return widths }
      guard widths.channels > 0 else {
        throw error(
          "feed_forward_length",
          "block \(number) has no MLP, for which llama.cpp leaves out its attention as well; a file "
            + "written here has \(GGUFLayout.fillerWidth) channels of zeros instead"
        )
      }
      if widths.channels == GGUFLayout.fillerWidth, try isZero("blk.\(number).ffn_down.weight") {
        widths.channels = 0
      }
      if number == 0, widths.heads > 0, try isZero("blk.0.attn_output.weight") {
        (widths.heads, widths.keyValueHeads) = (0, 0)
      }
      return widths
    }
  }

  private func biases(_ block: Int) -> [String] {
    let names = [
      ("attn_q", "self_attn.q_proj"), ("attn_k", "self_attn.k_proj"),
      ("attn_v", "self_attn.v_proj"),
      ("attn_output", "self_attn.o_proj"), ("ffn_gate", "mlp.gate_proj"), ("ffn_up", "mlp.up_proj"),
      ("ffn_down", "mlp.down_proj"),
    ]
    return names.filter { file.entries["blk.\(block).\($0.0).bias"] != nil }.map(\.1)
  }

  private func isZero(_ name: String) throws -> Bool {
    guard file.entries[name] != nil else { return false }
    return try file.tensor(name).to(.float32).abs().max().scalar() == 0
  }

  private mutating func describe(_ widths: [Widths]) throws {
    let biases = widths[0].biases
    let isUneven =
      !holds(biases) || widths.contains { $0 != widths[0] } || widths[0].heads == 0
      || widths[0].channels == 0
    add(
      "architectures",
      [.string(isUneven ? CustomArchitecture.architecture(of: family) : family.architecture)]
    )
    add(
      "model_type",
      .string(isUneven ? CustomArchitecture.modelType(of: family) : family.modelType)
    )
    try describeSizes(widths)
    if isSeedOSS { add("attention_bias", .bool(!biases.isEmpty)) }
    if architecture.readsFactors { try describeFactors() }
    if isLlama, holds(biases) {
      add("attention_bias", .bool(biases.contains(Self.inputs[0])))
      add("mlp_bias", .bool(biases.contains(Self.mlp[0])))
    }
    add("rms_norm_eps", try real("attention.layer_norm_rms_epsilon"))
    add("max_position_embeddings", number(try count("context_length")))
    add(
      "tie_word_embeddings",
      .bool(architecture.isAlwaysTied || file.entries["output.weight"] == nil)
    )
    if architecture.activation == .geluTanh {
      add("hidden_activation", "gelu_pytorch_tanh")
    } else {
      add("hidden_act", architecture.activation == .squaredReLU ? "relu2" : "silu")
    }
    try describeScaling(widths)
    if isUneven { describeEach(widths) }
  }

  // MARK: Biases

  private static let inputs = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]
  private static let attention = inputs + ["self_attn.o_proj"]
  private static let mlp = ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]

  private var isLlama: Bool { family.architecture == Family.llama.architecture }
  private var isSeedOSS: Bool { family.architecture == Family.seedOSS.architecture }

  /// Whether the family's own classes can hold biases of these modules, and no others.
  private func holds(_ biases: [String]) -> Bool {
    if isLlama {
      return [[], Self.attention, Self.mlp, Self.attention + Self.mlp].contains(biases)
    }
    if isSeedOSS, biases == Self.inputs { return true }
    return biases == (family.architecture == Family.qwen2.architecture ? Self.inputs : [])
  }

  // MARK: Sizes and factors

  private mutating func describeSizes(_ widths: [Widths]) throws {
    let heads = widths.map(\.heads).max() ?? 0
    let hidden = try count("embedding_length")
    guard heads > 0 else { throw error("attention.head_count", "is 0 for all blocks") }
    add("hidden_size", number(hidden))
    add("num_hidden_layers", number(widths.count))
    add("vocab_size", number(file.entries["token_embd.weight"]?.shape.first ?? 0))
    let widest = widths.first { $0.heads == heads }
    add("num_attention_heads", number(heads))
    add("num_key_value_heads", number(widest?.keyValueHeads ?? heads))
    add("head_dim", number(try headSize()))
    add("intermediate_size", number(max(1, widths.map(\.channels).max() ?? 1)))
  }

  /// What each block has, where blocks differ.
  private mutating func describeEach(_ widths: [Widths]) {
    let blocks = widths.map { block -> JSON in
      [
        "num_attention_heads": number(block.heads),
        "num_key_value_heads": number(block.keyValueHeads),
        "intermediate_size": number(block.channels),
        "biases": .array(block.biases.map(JSON.string)),
      ]
    }
    add("layer_widths", .array(blocks))
  }

  /// What scores are divided by, and where scores and logits are capped.
  private mutating func describeScaling(_ widths: [Widths]) throws {
    if architecture.raisesNorms, architecture.hasOutputNorms {
      let heads = widths.map(\.heads).max() ?? 1
      let isLargest = widths.count == architecture.blocksOfLargestSize
      let size = isLargest ? try count("embedding_length") / heads : try headSize()
      add("query_pre_attn_scalar", number(size))
    }
    if architecture.capsScores {
      add("attn_logit_softcapping", try real("attn_logit_softcapping", default: 50))
    }
    if architecture.capsLogits {
      let usual = architecture.capsScores ? 30.0 : nil
      if usual != nil || value("final_logit_softcapping") != nil {
        add("final_logit_softcapping", try real("final_logit_softcapping", default: usual))
      }
    }
  }

  /// Factors that llama.cpp takes for none where they are missing or 0.
  private mutating func describeFactors() throws {
    let usual = 1 / Double(try headSize()).squareRoot()
    for (key, name, fallback) in [
      ("attention.scale", "attention_multiplier", usual),
      ("embedding_scale", "embedding_multiplier", 1), ("residual_scale", "residual_multiplier", 1),
      ("logit_scale", "logits_scaling", 1),
    ] {
      let isNone = value(key)?.number == 0
      let none = JSONNumber(fallback).map(JSON.number) ?? 1
      add(name, try isNone ? none : real(key, default: fallback))
    }
  }

  /// The channels of a head: as the file says, or else what the hidden size comes to for each head.
  private func headSize() throws -> Int {
    let heads = try each("attention.head_count", count("block_count")).max() ?? 0
    return try count(
      "attention.key_length",
      default: max(1, count("embedding_length") / max(1, heads))
    )
  }

  // MARK: Positions

  private mutating func describePositions(_ hasAttention: [Bool]) throws {
    let base = try real("rope.freq_base", default: 10_000)
    add("rope_theta", base)
    let size = try headSize()
    let rotated = try count("rope.dimension_count", default: size)
    if architecture.readsRotaryShare, rotated != size {
      add(
        "partial_rotary_factor",
        JSONNumber(Double(rotated) / Double(size)).map(JSON.number) ?? .null
      )
    }
    let rotary = try GGUFRotary(file, architecture)
    if let scaling = rotary.scaling { add("rope_scaling", scaling) }
    if let length = rotary.length { add("original_max_position_embeddings", number(length)) }
    if architecture == .gemma3 {
      add("rope_local_base_freq", try real("rope.freq_base_swa", default: 10_000))
    }
    let window =
      architecture == .gemma2
      ? try count("attention.sliding_window", default: 4096)
      : try value("attention.sliding_window").map { _ in try count("attention.sliding_window") }
    guard let window, window > 0 else {
      if architecture.readsWindows {
        add("sliding_window", nil)
        add("layer_types", .array(hasAttention.map { _ in "full_attention" }))
      }
      return
    }
    add("sliding_window", number(window))
    let isQwen = [Family.qwen2, .qwen3].contains { $0.architecture == family.architecture }
    if isQwen { add("use_sliding_window", true) }
    guard architecture.readsWindows || isQwen else { return }
    let slides = try windows(hasAttention.count)
    add(
      "layer_types",
      .array(slides.map { $0 ? "sliding_attention" : "full_attention" })
    )
  }

  /// For each block, whether it has a sliding window.
  private func windows(_ blocks: Int) throws(FileError) -> [Bool] {
    let key = "attention.sliding_window_pattern"
    if let flags = value(key)?.flags {
      guard flags.count == blocks else {
        throw error(key, "expected one entry for each of \(blocks) blocks, found \(flags.count)")
      }
      return flags
    }
    guard architecture.readsWindows else {
      throw error(key, "is missing, so that nothing says which blocks have a sliding window")
    }
    let period = try count(key, default: architecture == .gemma2 ? 2 : 6)
    return (0..<blocks).map { period > 0 && $0 % period < period - 1 }
  }

  // MARK: Tokens

  private mutating func describeTokens() {
    for (name, key) in [("bos", "bos"), ("eos", "eos")] {
      guard let id = file.metadata["\(GGUFTokenizer.prefix)\(key)_token_id"]?.count else {
        continue
      }
      add("\(name)_token_id", number(id))
    }
  }

  // MARK: Values

  private mutating func add(_ key: String, _ value: JSON) {
    members.append(JSON.Member(key: key, value: value))
  }

  private func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }

  private func value(_ key: String) -> GGUFValue? { file.metadata["\(architecture.name).\(key)"] }

  private func count(_ key: String, default fallback: Int? = nil) throws(FileError) -> Int {
    guard let value = value(key) else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    guard let count = value.count, count <= ConfigurationReader.largestSize else {
      throw error(
        key,
        "expected a whole number of at most \(ConfigurationReader.largestSize), found \(value.shown)"
      )
    }
    return count
  }

  private func real(_ key: String, default fallback: Double? = nil) throws(FileError) -> JSON {
    guard let value = value(key) else {
      guard let fallback, let number = JSONNumber(fallback) else { throw error(key, "is missing") }
      return .number(number)
    }
    guard let number = value.number.flatMap(JSONNumber.init) else {
      throw error(key, "expected a number, found \(value.shown)")
    }
    return .number(number)
  }

  /// A number for each block: one for all, or a list.
  private func each(_ key: String, _ blocks: Int, default fallback: [Int]? = nil) throws(FileError)
    -> [Int]
  {
    guard let value = value(key) else {
      guard let fallback else { throw error(key, "is missing") }
      return fallback
    }
    let list = value.counts ?? value.count.map { [Int](repeating: $0, count: blocks) }
    guard let list, list.count == blocks,
      list.allSatisfy({ $0 <= ConfigurationReader.largestSize })
    else {
      throw error(
        key,
        "expected a number, or one for each of \(blocks) blocks, found \(value.shown)"
      )
    }
    return list
  }

  private func error(_ key: String, _ message: String) -> FileError {
    FileError(file.path, at: "\(architecture.name).\(key)", message)
  }
}
