extension GGUFArchitecture {
  /// SmolLM3: Llama, but every fourth block has no rotary positions.
  static let smolLM3 = GGUFArchitecture(
    name: "smollm3",
    family: "SmolLM3ForCausalLM",
    interleavesHeads: true,
    readsInputBias: false,
    rotaryPeriod: 4
  )

  /// OLMo 2: norms after the sub-layers and none before them, and over all queries and all keys.
  static let olmo2 = GGUFArchitecture(
    name: "olmo2",
    family: "Olmo2ForCausalLM",
    dividesForHeadSize: true,
    queryKeyNorm: .allHeads,
    hasInputNorms: false,
    hasOutputNorms: true,
    readsInputBias: false
  )

  /// Granite 3: Llama with factors of its own.
  static let granite = GGUFArchitecture(
    name: "granite",
    family: "GraniteForCausalLM",
    interleavesHeads: true,
    readsInputBias: false,
    readsFactors: true
  )

  /// Seed-OSS: Qwen 2 with another name for a norm.
  static let seedOSS = GGUFArchitecture(
    name: "seed_oss",
    family: "SeedOssForCausalLM",
    mlpNorm: WeightRole.attentionOutputNorm.ggufName
  )

  /// Arcee's AFM: Llama with an MLP without a gate.
  static let arcee = GGUFArchitecture(
    name: "arcee",
    family: "ArceeForCausalLM",
    interleavesHeads: true,
    activation: .squaredReLU,
    isGated: false,
    readsInputBias: false
  )
}
