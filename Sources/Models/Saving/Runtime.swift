/// A program that a saved model is for.
public enum Runtime: String, Sendable, CaseIterable {
  case transformers, vllm
  case llamaCpp = "llama_cpp"
  case mlx

  /// Its name in a sentence.
  var name: String {
    switch self {
    case .transformers: "transformers"
    case .vllm: "vLLM"
    case .llamaCpp: "llama.cpp"
    case .mlx: "MLX"
    }
  }
}
