import BillhookTorch

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

extension GGUFLayout {
  /// The keys that say what the architecture computes, with those of llama.cpp's own converter.
  ///
  /// Blocks that differ have a list with an entry for each; a block without an attention has no heads.
  var hyperparameters: [(key: String, value: GGUFValue)] {
    var values: [(key: String, value: GGUFValue)] = []
    func set(_ key: String, _ value: GGUFValue) {
      values.append(("\(architecture.name).\(key)", value))
    }
    set("vocab_size", .uint32(model.vocabularySize))
    set("context_length", .uint32(model.maximumPositions))
    set("embedding_length", .uint32(model.hiddenSize))
    set("block_count", .uint32(model.blocks.count))
    set("feed_forward_length", Self.each(widths))
    set("attention.head_count", Self.each(heads.map(\.query)))
    set("attention.head_count_kv", Self.each(heads.map(\.keyValue)))
    set("attention.key_length", .uint32(model.headSize))
    set("attention.value_length", .uint32(model.headSize))
    set("attention.layer_norm_rms_epsilon", .float32(model.norm.epsilon))
    let attentions = model.blocks.compactMap(\.attention)
    if architecture.readsFactors, let attention = attentions.first {
      let usual = 1 / Double(attention.headSize).squareRoot()
      set("attention.scale", .float32(attention.scale ?? usual))
      set("embedding_scale", .float32(model.embeddingScale ?? 1))
      set("residual_scale", .float32(model.residualScale ?? 1))
      set("logit_scale", .float32(model.logitDivisor ?? 1))
    }
    // For Gemma 2 llama.cpp takes a window of 4,096 in every other block where nothing says otherwise.
    let usual = architecture == .gemma2 ? model.maximumPositions : nil
    if let window = attentions.compactMap(\.window).first ?? usual {
      set("attention.sliding_window", .uint32(window))
      set(
        "attention.sliding_window_pattern",
        .bools(model.blocks.map { $0.attention?.window != nil })
      )
    }
    if let cap = attentions.first?.softCap { set("attn_logit_softcapping", .float32(cap)) }
    if let cap = model.logitSoftCap { set("final_logit_softcapping", .float32(cap)) }
    guard let rotary = (attentions.first { $0.window == nil } ?? attentions.first)?.rotary else {
      return values
    }
    set("rope.dimension_count", .uint32(rotary.channels(of: model.headSize)))
    set("rope.freq_base", .float32(rotary.base))
    if architecture.readsWindows, let local = attentions.first(where: { $0.window != nil })?.rotary
    {
      set("rope.freq_base_swa", .float32(local.base))
    }
    for (key, value) in Self.scaling(rotary.scaling) { set("rope.scaling.\(key)", value) }
    return values
  }

  /// The number of heads in each block, with those of zeros that stand for none.
  private var heads: [(query: Int, keyValue: Int)] {
    model.blocks.enumerated().map { position, block in
      guard let attention = block.attention else {
        let count = position == 0 ? Self.fillerHeads(model) : 0
        return (count, count)
      }
      return (attention.queryHeads, attention.keyValueHeads)
    }
  }

  /// The channels of the MLP of each block, with those of zeros that stand for none.
  private var widths: [Int] { model.blocks.map { $0.mlp?.width ?? Self.fillerWidth } }

  /// One number where all are alike.
  private static func each(_ numbers: [Int]) -> GGUFValue {
    Set(numbers).count == 1 ? .uint32(numbers[0]) : .int32s(numbers)
  }

  private static func scaling(
    _ scaling: RotaryDescription.Scaling
  ) -> [(key: String, value: GGUFValue)] {
    switch scaling {
    case .none, .dynamic: return []
    // The factors are a tensor; the length, which llama.cpp does not need, tells what they were made of.
    case .llama3(_, _, _, let length): return [("original_context_length", .uint32(length))]
    case .linear(let factor): return [("type", .string("linear")), ("factor", .float32(factor))]
    case .yarn(let yarn):
      var values: [(key: String, value: GGUFValue)] = [
        ("type", .string("yarn")), ("factor", .float32(yarn.factor)),
        ("original_context_length", .uint32(yarn.length)),
        ("yarn_beta_fast", .float32(yarn.fastRotations)),
        ("yarn_beta_slow", .float32(yarn.slowRotations)),
      ]
      // llama.cpp multiplies by the paper's temperature, whatever the file says.
      let own = 0.1 * log(yarn.factor) + 1
      let factor = yarn.attentionFactor / own
      if abs(factor - 1) > 1e-6 { values.append(("attn_factor", .float32(factor))) }
      return values
    case .longrope(_, _, let length, let factor):
      return [
        ("type", .string("longrope")), ("original_context_length", .uint32(length)),
        ("attn_factor", .float32(factor)),
      ]
    }
  }
}
