/// An architecture of llama.cpp: what its code computes, as far as files cannot choose.
///
/// Source: `src/models/*.cpp` and `src/llama-model.cpp` of llama.cpp, August 2026.
struct GGUFArchitecture: Sendable, Equatable {
  /// The name in `general.architecture`.
  let name: String
  /// The family whose models it holds.
  let family: String
  /// Whether it pairs neighbouring channels for rotary positions, so that the rows of query and key
  /// are stored in another order.
  var interleavesHeads = false
  /// Whether blocks may have different widths, or lack an attention or an MLP.
  var holdsUnequalBlocks = false
  /// Whether the projections of one input are one tensor.
  var fusesProjections = false
  /// Whether norms are stored as what hidden states are multiplied by, one more than the weight.
  var raisesNorms = false
  /// The activation of the gate, or of the MLP where it has none.
  var activation = Activation.silu
  /// Whether MLPs have a gate.
  var isGated = true
  /// Whether it takes the size of heads from the hidden size and their number.
  var dividesForHeadSize = false
  /// Over which channels it normalises queries and keys; nil where it does not.
  var queryKeyNorm: QueryKeyNorm?
  /// Whether it has a norm before each sub-layer.
  var hasInputNorms = true
  /// Whether it has a norm after each sub-layer.
  var hasOutputNorms = false
  /// Whether query, key and value may have biases.
  var readsInputBias = true
  /// Whether the output projection may have a bias.
  var readsOutputBias = false
  /// Whether the projections of the MLP may have biases.
  var readsMLPBias = false
  /// Whether it reads factors of embeddings, of scores, of what sub-layers add and of logits.
  var readsFactors = false
  /// The period of blocks of which the last has no rotary positions; nil where all have.
  var rotaryPeriod: Int?
  /// The name of the norm before an MLP.
  var mlpNorm = WeightRole.mlpNorm.ggufName
  /// Whether embeddings are multiplied by the root of the hidden size.
  var scalesEmbeddings = false
  /// Whether scores of attention have a soft cap, which has to be there.
  var capsScores = false
  /// Whether logits may have a soft cap.
  var capsLogits = false
  /// Whether blocks may have sliding windows.
  var readsWindows = false
  /// Whether logits are always computed with the table of the embedding.
  var isAlwaysTied = false
  /// Whether a part of a head's channels may be rotated.
  var readsRotaryShare = false
  /// Whether it reads a factor for each wavelength: Llama 3.1, or longrope.
  var readsLlama3 = false
  var readsLongrope = false
  /// The number of blocks at which scores are scaled by hidden size and heads and not by the size of
  /// a head; nil where they never are.
  var blocksOfLargestSize: Int?

  static let llama = GGUFArchitecture(
    name: "llama",
    family: "LlamaForCausalLM",
    interleavesHeads: true,
    readsOutputBias: true,
    readsMLPBias: true,
    readsLlama3: true,
    readsLongrope: true
  )

  /// DeciLM and Nemotron-NAS: Llama with widths of its own for each block.
  static let deci = GGUFArchitecture(
    name: "deci",
    family: "LlamaForCausalLM",
    interleavesHeads: true,
    holdsUnequalBlocks: true,
    readsOutputBias: true,
    readsMLPBias: true,
    readsLlama3: true,
    readsLongrope: true
  )

  static let qwen2 = GGUFArchitecture(
    name: "qwen2",
    family: "Qwen2ForCausalLM",
    dividesForHeadSize: true
  )

  static let qwen3 = GGUFArchitecture(
    name: "qwen3",
    family: "Qwen3ForCausalLM",
    queryKeyNorm: .eachHead
  )

  static let gemma = GGUFArchitecture(
    name: "gemma",
    family: "GemmaForCausalLM",
    raisesNorms: true,
    activation: .geluTanh,
    scalesEmbeddings: true,
    isAlwaysTied: true
  )

  static let gemma2 = GGUFArchitecture(
    name: "gemma2",
    family: "Gemma2ForCausalLM",
    raisesNorms: true,
    activation: .geluTanh,
    hasOutputNorms: true,
    scalesEmbeddings: true,
    capsScores: true,
    capsLogits: true,
    readsWindows: true,
    isAlwaysTied: true,
    blocksOfLargestSize: 46
  )

  static let gemma3 = GGUFArchitecture(
    name: "gemma3",
    family: "Gemma3ForCausalLM",
    raisesNorms: true,
    activation: .geluTanh,
    queryKeyNorm: .eachHead,
    hasOutputNorms: true,
    scalesEmbeddings: true,
    capsLogits: true,
    readsWindows: true,
    blocksOfLargestSize: 62
  )

  static let phi3 = GGUFArchitecture(
    name: "phi3",
    family: "Phi3ForCausalLM",
    fusesProjections: true,
    dividesForHeadSize: true,
    readsInputBias: false,
    readsRotaryShare: true,
    readsLongrope: true
  )

  /// All that are read and written.
  static let all = [
    llama, deci, qwen2, qwen3, gemma, gemma2, gemma3, phi3, smolLM3, olmo2, granite, seedOSS, arcee,
  ]

  /// Families that are the same by another name.
  private static let aliases = ["MistralForCausalLM": "LlamaForCausalLM"]

  /// The families that are written.
  static var families: [String] {
    all.map(\.family).reduce(into: []) { if !$0.contains($1) { $0.append($1) } } + aliases.keys
  }

  /// The architecture that holds the models of a family whose blocks are alike; nil where none does.
  static func of(family: String) -> GGUFArchitecture? {
    let name = aliases[family] ?? family
    return all.first { $0.family == name }
  }
}
