/// A program that reads saved models, and how it interprets `config.json` differently from
/// transformers.
///
/// Where the `config.json` of a pruned model says more than such a program reads, it refuses the
/// model, or silently computes something else.
struct OutsideReader {
  /// The name of the program.
  let name: String
  /// What a recipe calls it.
  let runtime: Runtime
  /// The families whose head size it computes as hidden size divided by heads, whatever `head_dim`
  /// says.
  let dividesForHeadSize: Set<String>
  /// The families for which it finds the blocks with full attention by counting, whatever
  /// `layer_types` says.
  let countsWindows: [String: Counting]
  /// Whether it fails where the first block of a Nemotron-NAS has no attention.
  var needsFirstAttention = false

  /// The families for which it finds the blocks without rotary positions by counting,
  /// whatever `no_rope_layers` says.
  var countsRotary: [String: Counting] = [:]

  /// Which codes in the layout of GPTQ it computes with.
  var codes = Codes.all

  /// Weights in codes, as programs know them.
  enum Codes: Equatable {
    /// All that are written here, or nobody knows of any that it does not take.
    case all
    /// It opens none.
    case none
    /// Symmetric ones, in groups of so many inputs or of whole rows, with projections of one input together.
    case kernels(groups: [Int])
  }

  /// Which blocks are different: the last of every period.
  struct Counting {
    /// The period, where no key names it.
    let period: Int
    /// Whether it reads `sliding_window_pattern`.
    let readsPattern: Bool
  }

  /// All programs.
  ///
  /// Sources: llama.cpp of November 2026 (0c1e570), `src/models` and `conversion`; mlx-lm,
  /// `mlx_lm/models/qwen2.py`, `phi3.py`, `gemma3_text.py`, `exaone4.py` and `nemotron-nas.py`, and
  /// `utils.py` of 2026 for codes; vLLM of early 2025, `model_executor/models/qwen2.py`, `gemma2.py` and `gemma3.py`, and of 2026,
  /// `nemotron_nas.py` and the kernels of `layers/quantization/gptq_marlin.py`.
  static let all = [
    OutsideReader(
      name: "llama.cpp",
      runtime: .llamaCpp,
      dividesForHeadSize: ["Qwen2ForCausalLM", "Phi3ForCausalLM"],
      countsWindows: [
        "Gemma2ForCausalLM": Counting(period: 2, readsPattern: false),
        "Gemma3ForCausalLM": Counting(period: 6, readsPattern: false),
      ],
      countsRotary: ["SmolLM3ForCausalLM": Counting(period: 4, readsPattern: false)]
    ),
    OutsideReader(
      name: "older llama.cpp",
      runtime: .llamaCpp,
      dividesForHeadSize: [],
      // That of November 2026 reads the lists that its converter makes of them.
      countsWindows: [
        "Olmo3ForCausalLM": Counting(period: 4, readsPattern: false),
        "Exaone4ForCausalLM": Counting(period: 4, readsPattern: false),
      ]
    ),
    OutsideReader(
      name: "MLX",
      runtime: .mlx,
      dividesForHeadSize: ["Qwen2ForCausalLM", "Phi3ForCausalLM"],
      countsWindows: [
        "Gemma3ForCausalLM": Counting(period: 6, readsPattern: true),
        // It reads the key as a text, as in LLLG, which stays as it was.
        "Exaone4ForCausalLM": Counting(period: 4, readsPattern: false),
      ],
      codes: .none
    ),
    OutsideReader(
      name: "older vLLM",
      runtime: .vllm,
      dividesForHeadSize: ["Qwen2ForCausalLM"],
      countsWindows: [
        "Gemma2ForCausalLM": Counting(period: 2, readsPattern: false),
        "Gemma3ForCausalLM": Counting(period: 6, readsPattern: true),
      ],
      needsFirstAttention: true,
      codes: .kernels(groups: [32, 64, 128])
    ),
  ]
}

extension OutsideReader {
  /// Versions of llama.cpp that do not read from a GGUF file which blocks have windows.
  static let countingLlamaCpp = OutsideReader(
    name: "versions of llama.cpp that count blocks",
    runtime: .llamaCpp,
    dividesForHeadSize: [],
    countsWindows: all.first { $0.runtime == .llamaCpp }?.countsWindows ?? [:]
  )

  /// The period that programs assume where `sliding_window_pattern` is absent; nil for families for
  /// which no program reads the key.
  static func usualPattern(of architecture: String) -> Int? {
    all.compactMap { $0.countsWindows[architecture] }.first(where: \.readsPattern)?.period
  }
}
