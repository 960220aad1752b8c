/// A program that reads saved models, and what it takes from where transformers takes something else.
///
/// Where a pruned model and its `config.json` say more than such a program looks at, it refuses the
/// model, or computes something else without a word.
struct OutsideReader {
  /// What it is called.
  let name: String
  /// The families whose head size it computes as hidden size by heads, whatever `head_dim` says.
  let dividesForHeadSize: Set<String>
  /// The families of which it counts off the blocks that see everything, whatever `layer_types` says.
  let countsWindows: [String: Counting]

  /// Which block sees everything: one of so many, the last of them.
  struct Counting {
    /// The number, where no key names it.
    let period: Int
    /// Whether it reads `sliding_window_pattern`.
    let readsPattern: Bool
  }

  /// The programs.
  ///
  /// Sources: llama.cpp, `src/models` and `convert_hf_to_gguf.py`; mlx-lm, `mlx_lm/models/qwen2.py`,
  /// `phi3.py` and `gemma3_text.py`; vLLM of early 2025, `model_executor/models/qwen2.py`, `gemma2.py`
  /// and `gemma3.py`.
  static let all = [
    OutsideReader(
      name: "llama.cpp",
      dividesForHeadSize: ["Qwen2ForCausalLM", "Phi3ForCausalLM"],
      countsWindows: [
        "Gemma2ForCausalLM": Counting(period: 2, readsPattern: false),
        "Gemma3ForCausalLM": Counting(period: 6, readsPattern: false),
      ]
    ),
    OutsideReader(
      name: "MLX",
      dividesForHeadSize: ["Qwen2ForCausalLM", "Phi3ForCausalLM"],
      countsWindows: ["Gemma3ForCausalLM": Counting(period: 6, readsPattern: true)]
    ),
    OutsideReader(
      name: "older vLLM",
      dividesForHeadSize: ["Qwen2ForCausalLM"],
      countsWindows: [
        "Gemma2ForCausalLM": Counting(period: 2, readsPattern: false),
        "Gemma3ForCausalLM": Counting(period: 6, readsPattern: true),
      ]
    ),
  ]
}

extension OutsideReader {
  /// What programs that read `sliding_window_pattern` take where it is absent; nil for families of which
  /// none reads it.
  static func usualPattern(of architecture: String) -> Int? {
    all.compactMap { $0.countsWindows[architecture] }.first(where: \.readsPattern)?.period
  }
}
