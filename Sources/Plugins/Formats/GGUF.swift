import BillhookCore

/// A GGUF file, which llama.cpp and the programs built on it open.
struct GGUF: Format {
  static let name = "gguf"
  static let summary =
    "A GGUF file for llama.cpp, with blocks of different widths where it holds them."
  static let reference: Reference? = Reference(
    formula: """
      of each 32 values of a row, with the scale d in f16:

      q8_0: d = max|x| / 127,  d · round(x / d), halves away from zero
      q4_0: d = -m / 8,        d · (min(15, ⌊x / d + 8.5⌋) - 8)

      m: the value of the largest magnitude, the first of several
      """,
    papers: [
      Reference.Paper(
        "Bercovich et al.",
        "Puzzle: Distillation-Based NAS for Inference-Optimized LLMs",
        2024,
        arXiv: "2411.19146",
        part: "blocks of different widths, as `deci` and Nemotron-NAS hold them"
      )
    ],
    differences: [
      "Vectors are f32. At q4_0 the tables of embedding and logits are q8_0, where llama.cpp's own tool "
        + "takes q6_K; no type with a search for scales is written.",
      "Blocks of different widths and blocks without a sub-layer are of llama.cpp's architecture `deci`, "
        + "for Llama, Mistral, Qwen 2, Phi 3 and Seed-OSS. An MLP that was removed is 32 channels of "
        + "zeros there, because llama.cpp loses the attention beside an MLP that is not there.",
    ]
  )

  /// What matrices are rounded to.
  enum Rounding: String, Choice {
    case f32, f16, bf16, q8_0, q4_0

    var stored: GGUFTensorType {
      switch self {
      case .f32: .f32
      case .f16: .f16
      case .bf16: .bf16
      case .q8_0: .q8_0
      case .q4_0: .q4_0
      }
    }
  }

  /// What the file says of tokens.
  enum Tokens: String, Choice {
    /// The model's tokenizer, where it has one.
    case own
    /// Nothing: programs are given tokens.
    case none
  }

  /// What matrices are rounded to.
  var type = Rounding.bf16
  /// What the file says of tokens.
  var tokenizer = Tokens.own

  static let parameters = [
    Parameter<GGUF>("type", \.type, help: "what matrices are rounded to; vectors are f32"),
    Parameter("tokenizer", \.tokenizer, help: "the model's own, or none"),
  ]

  static let keepsMasks = false

  /// Writes `model.gguf`.
  func write(
    _ model: LanguageModel,
    into directory: String,
    _ context: RunContext
  ) throws {
    try writer(model).write(into: directory, between: context.advance(to:))
  }

  /// Opens the file that lies in the directory.
  func read(_ directory: String) throws -> LanguageModel { try LanguageModel(opening: directory) }

  /// Why llama.cpp has no architecture for the model, and what would help.
  func obstacle(to model: LanguageModel) -> String? { writer(model).obstacle?.text }

  /// What llama.cpp makes of the model, where it is not what was saved.
  func cautions(on model: LanguageModel, isCertain: Bool) -> [String] {
    writer(model).cautions(isCertain: isCertain).map(\.text)
  }

  /// The type in which a weight is read back: f32 where it is quantised.
  func dtype(of weight: WeightID, in model: LanguageModel) throws -> DType {
    writer(model).dtype(of: weight)
  }

  /// The weight after rounding, and for quantised types after they are read.
  func rounded(
    _ tensor: Tensor,
    of weight: WeightID,
    in model: LanguageModel
  ) throws -> Tensor {
    try writer(model).rounded(tensor, of: weight)
  }

  /// The bytes of its blocks.
  func byteCount(of weight: WeightID, shape: [Int], in model: LanguageModel) throws -> Int {
    writer(model).byteCount(of: weight, shape: shape)
  }

  private func writer(_ model: LanguageModel) -> GGUFModelWriter {
    GGUFModelWriter(model, type: type.stored, tokenizer: tokenizer == .own ? .own : .none)
  }
}
