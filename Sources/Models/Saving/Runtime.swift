/// A program that a saved model is for.
public enum Runtime: String, Sendable, CaseIterable {
  /// The programs that read Hugging Face directories in Python.
  case transformers, vllm
  /// llama.cpp, which reads GGUF files.
  case llamaCpp = "llama_cpp"
  /// MLX, for the processors of Apple.
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
