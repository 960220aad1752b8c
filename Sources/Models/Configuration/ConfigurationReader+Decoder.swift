import BillhookFiles

extension ConfigurationReader {
  /// The sizes of the attention.
  ///
  /// Where the file does not name the head size, it is `fallback`, or else the hidden size divided
  /// by the number of query heads.
  func attention(headSize fallback: Int? = nil) throws(FileError) -> AttentionShape {
    let heads = try size("num_attention_heads")
    let keyValueHeads = try size("num_key_value_heads", default: heads)
    guard heads % keyValueHeads == 0 else {
      throw error(
        "num_key_value_heads",
        "\(heads) query heads cannot share \(keyValueHeads) key and value heads evenly"
      )
    }
    let shared = try size("hidden_size") / heads
    return AttentionShape(
      queryHeads: heads,
      keyValueHeads: keyValueHeads,
      headSize: try size("head_dim", default: fallback ?? max(1, shared))
    )
  }

  /// The rotary position embedding that all blocks share.
  func rotary(
    _ attention: AttentionShape,
    defaultBase: Double = 10_000,
    readsShare: Bool = false,
    defaultLength: Int? = nil
  ) throws(FileError) -> RotaryDescription {
    var reader = RotaryReader(configuration: self, headSize: attention.headSize)
    reader.defaultBase = defaultBase
    reader.readsShare = readsShare
    reader.defaultLength = defaultLength
    return try reader.read()
  }

  /// An MLP with the activation that `hidden_act` names.
  func mlp(activation fallback: Activation = .silu) throws(FileError) -> MLPShape {
    let activations: [(name: JSON, activation: Activation)] = [
      ("silu", .silu), ("swish", .silu), ("gelu", .gelu), ("gelu_pytorch_tanh", .geluTanh),
      ("relu2", .squaredReLU),
    ]
    require("hidden_act", activations.map(\.name))
    let named = value("hidden_act")
    return MLPShape(
      width: try size("intermediate_size"),
      activation: activations.first { $0.name == named }?.activation ?? fallback
    )
  }

  /// The longest text that the model accepts, in tokens.
  func positions() throws(FileError) -> Int {
    // Only the first configurations of Llama leave it out.
    let isLlama =
      value("model_type") == "llama"
      || value("architectures")?.array?.first == .string(Family.llama.architecture)
    return try size("max_position_embeddings", default: isLlama ? 2048 : nil)
  }

  /// The numbers of the blocks.
  func blockRange() throws(FileError) -> Range<Int> {
    let count = try size("num_hidden_layers")
    guard count <= 10_000 else {
      throw error("num_hidden_layers", "expected at most 10000, found \(count)")
    }
    return 0..<count
  }

  /// Blocks that are all alike.
  func blocks(_ attention: AttentionShape, _ mlp: MLPShape) throws(FileError) -> [BlockShape] {
    try blockRange().map { BlockShape(sourceIndex: $0, attention: attention, mlp: mlp) }
  }

  /// The model around the blocks.
  func model(
    blocks: [BlockShape],
    lists: Set<BlockList> = [],
    epsilon: Double = 1e-6,
    normHasOffset: Bool = false,
    embeddingScale: Double? = nil,
    residualScale: Double? = nil,
    logitDivisor: Double? = nil,
    logitSoftCap: Double? = nil,
    tiesByDefault: Bool = false,
    names: TensorNames = .llama
  ) throws(FileError) -> ModelConfiguration {
    let hiddenSize = try size("hidden_size")
    let vocabularySize = try size("vocab_size")
    let beginning = token("bos_token_id", below: vocabularySize)
    return ModelConfiguration(
      architecture: "",
      vocabularySize: vocabularySize,
      hiddenSize: hiddenSize,
      norm: NormDescription(
        epsilon: try positive("rms_norm_eps", default: epsilon),
        hasOffset: normHasOffset
      ),
      embeddingScale: embeddingScale,
      residualScale: residualScale,
      logitDivisor: logitDivisor,
      logitSoftCap: logitSoftCap,
      tiesEmbeddings: try flag("tie_word_embeddings", default: tiesByDefault),
      maximumPositions: try positions(),
      beginningToken: beginning.id,
      beginningTokenFault: beginning.fault,
      blocks: blocks,
      lists: lists,
      names: names
    )
  }
}
