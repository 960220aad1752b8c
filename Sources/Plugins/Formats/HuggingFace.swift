import BillhookCore

/// A Hugging Face directory: safetensors, `config.json` edited in place, the tokenizer's files.
struct HuggingFace: Format {
  static let name = "huggingface"
  static let summary = "A Hugging Face model directory with safetensors (the default)."

  static let isDefault = true

  /// The types that weights can be rounded to.
  enum Rounding: String, Choice {
    case float32, bfloat16, float16
  }

  /// What `config.json` says that the model is.
  enum Architecture: String, Choice {
    /// What it was: all blocks have one shape, which the family's configuration can name.
    case family
    /// A Mistral without a window, which computes what a Llama without biases does.
    case mistral
    /// The family with widths for each layer, and the code for it beside the weights; it loads in
    /// transformers with `trust_remote_code`.
    case custom
    /// A Llama with widths for each block in `block_configs`, as vLLM and mlx-lm read them.
    case nemotron_nas

    var saved: SavedArchitecture {
      switch self {
      case .family: .family
      case .mistral: .mistral
      case .custom: .custom
      case .nemotron_nas: .nemotronNAS
      }
    }
  }

  /// The programs that the model is for.
  enum Target: String, Choice {
    case transformers, vllm, llama_cpp, mlx
  }

  /// What `config.json` says that the model is.
  var architecture = Architecture.family
  /// The programs that have to hold the model; nil where that is not said.
  var targets: [Target]?
  /// The type that weights are rounded to; nil for the one that each came in.
  var dtype: Rounding?
  /// The most that one file of weights holds.
  var shard = ByteCount(5_000_000_000)

  static let parameters = [
    Parameter<HuggingFace>(
      "architecture",
      \.architecture,
      help:
        "keep the family, or where that cannot hold the widths: mistral, nemotron_nas or custom code"
    ),
    Parameter("for", \.targets, help: "programs that have to hold the model as it is"),
    Parameter("dtype", \.dtype, help: "round weights to this type"),
    Parameter("shard", \.shard, in: ByteCount(1)..., help: "the most that one weight file holds"),
  ]

  func validate() throws(ParameterProblem) {
    guard targets?.isEmpty != true else {
      throw ParameterProblem("for", "names no program; leave it out where that is not said")
    }
  }

  /// Writes weights, configuration and the files beside them.
  func write(
    _ model: LanguageModel,
    into directory: String,
    _ context: RunContext
  ) throws {
    try writer(model).write(into: directory, between: context.advance(to:))
  }

  /// Opens it as any model directory.
  func read(_ directory: String) throws -> LanguageModel { try LanguageModel(opening: directory) }

  /// Why a directory with this architecture cannot hold the model, or its codes, and what can.
  func obstacle(to model: LanguageModel) -> String? {
    let runtimes = (targets ?? []).compactMap { Runtime(rawValue: $0.rawValue) }
    return model.obstacle(to: architecture.saved, for: runtimes)?.text
      ?? model.obstacleToCodes(roundedTo: dtype.flatMap { DType(rawValue: $0.rawValue) })
  }

  /// What other programs than transformers make of the model.
  func cautions(on model: LanguageModel, isCertain: Bool) -> [String] {
    model.cautions(savedAs: architecture.saved, isCertain: isCertain).map(\.text)
  }

  /// The type in which a weight is written.
  func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType {
    try writer(model).dtype(of: weight)
  }

  /// The bytes of a weight, or of its codes.
  func byteCount(of weight: WeightID, shape: [Int], in model: LanguageModel) throws -> Int {
    try model.weights.scheme(of: weight)?.byteCount(of: shape)
      ?? shape.reduce(dtype(of: weight, in: model).byteCount, *)
  }

  private func writer(_ model: LanguageModel) -> ModelWriter {
    ModelWriter(
      model,
      as: architecture.saved,
      dtype: dtype.flatMap { DType(rawValue: $0.rawValue) },
      shardLimit: shard.bytes
    )
  }
}
