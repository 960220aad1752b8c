import BillhookCore

/// The random models that plugins are tried on: everything in them is small, and no weight is zero.
public enum TinyModel: String, Sendable {
  /// A Llama with grouped queries, and biases in all projections.
  case llama
  /// A Gemma 2 with windows, soft caps, norms after sub-layers, and tied embeddings.
  case gemma
  /// A Llama whose widths are multiples of 32, so that its weights can be stored in codes.
  case wide

  /// The models that all plugins but quantisers are tried on.
  public static let allCases: [TinyModel] = [.llama, .gemma]

  /// The number of blocks of each.
  public static let blockCount = 4

  static let vocabularySize = 40

  /// The text of its `config.json`.
  var configuration: String {
    switch self {
    case .llama, .wide:
      """
      {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": true,
        "mlp_bias": true, "hidden_act": "silu", "tie_word_embeddings": false, "rms_norm_eps": 1e-05, \(shared)
      }
      """
    case .gemma:
      """
      {
        "architectures": ["Gemma2ForCausalLM"], "model_type": "gemma2", "attention_bias": false,
        "tie_word_embeddings": true, "rms_norm_eps": 1e-06, "query_pre_attn_scalar": 8,
        "attn_logit_softcapping": 5.0, "final_logit_softcapping": 8.0, "sliding_window": 5,
        "hidden_activation": "gelu_pytorch_tanh", \(shared)
      }
      """
    }
  }

  private var shared: String {
    let widths =
      self == .wide
      ? """
      "hidden_size": 64, "head_dim": 16, "num_attention_heads": 4, "num_key_value_heads": 2,
        "intermediate_size": 96
      """
      : """
      "hidden_size": 16, "head_dim": 4, "num_attention_heads": 6, "num_key_value_heads": 3,
        "intermediate_size": 20
      """
    return """
      \(widths), "num_hidden_layers": \(Self.blockCount),
        "vocab_size": \(Self.vocabularySize), "max_position_embeddings": 64, "rope_theta": 10000.0,
        "initializer_range": 0.2, "bos_token_id": 1, "eos_token_id": 2,
        "dtype": "float32"
      """
  }

  /// The text of its `tokenizer.json`: a token for each small letter, and some that no text holds.
  private static var tokenizer: String {
    let marks = ["<unk>", "<s>", "</s>"]
    let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
    let others = (marks.count + letters.count..<vocabularySize).map { "<\($0)>" }
    let vocabulary = (marks + letters + others).enumerated().map { "\"\($1)\": \($0)" }
    let added = marks.enumerated().map { id, mark in
      """
      {"id": \(id), "content": "\(mark)", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": true}
      """
    }
    return """
      {
        "version": "1.0", "truncation": null, "padding": null, "normalizer": null,
        "pre_tokenizer": null, "post_processor": null, "decoder": null,
        "added_tokens": [\(added.joined(separator: ", "))],
        "model": {
          "type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
          "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
          "vocab": {\(vocabulary.joined(separator: ", "))}, "merges": []
        }
      }
      """
  }

  /// The model, written into an empty folder and opened from there.
  func make(in folder: String) throws -> LanguageModel {
    try FileSystem.makeDirectory("\(folder)/new")
    try FileSystem.makeDirectory("\(folder)/model")
    try FileSystem.write(Array(configuration.utf8), to: "\(folder)/new/config.json")
    let new = try LanguageModel(new: "\(folder)/new/config.json", seed: RandomSeed(1))
    // Norms of ones and biases of zeros would hide what is done to them.
    let generator = try Generator(seed: RandomSeed(2).value)
    var drawn: [WeightID: Tensor] = [:]
    for (id, shape) in new.configuration.allWeights
    where id.role.kind == .norm || id.role.kind == .bias {
      drawn[id] = try new.weights.stored(id) + generator.normal(shape) * 0.2
    }
    try FileSystem.write(Array(Self.tokenizer.utf8), to: "\(folder)/model/tokenizer.json")
    let random = new.live(replacing: drawn)
    try ModelWriter(random, dtype: nil, shardLimit: 1 << 30).write(into: "\(folder)/model")
    return try LanguageModel(opening: "\(folder)/model")
  }

  /// Random windows of two lengths, of which one begins with context.
  static func windows() throws -> TokenSet {
    let generator = try Generator(seed: RandomSeed(3).value)
    func window(_ length: Int, firstTarget: Int = 1) throws -> TokenWindow {
      let tokens = try generator.integers(in: 3..<vocabularySize, [length]).integers()
      return TokenWindow(tokens, firstTarget: firstTarget)
    }
    let windows = try (0..<7).map { _ in try window(12) } + (0..<4).map { _ in try window(9) }
    return try TokenSet(windows + [window(12, firstTarget: 5)], note: "random tokens")
  }
}
