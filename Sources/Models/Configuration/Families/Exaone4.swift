import BillhookFiles

extension Family {
  /// EXAONE 4: normalised heads, norms after the sub-layers and none before them; where some blocks have
  /// a sliding window, the others have no rotary positions.
  static let exaone4 = Family(architecture: "Exaone4ForCausalLM", modelType: "exaone4") {
    (config: ConfigurationReader) throws(FileError) in
    var attention = try config.attention()
    attention.rotary = try config.rotary(attention)
    attention.queryKeyNorm = .eachHead
    attention.hasInputNorm = false
    attention.hasOutputNorm = true
    var sliding = attention
    sliding.window = try config.window(whenAbsent: 4096)
    let period = try config.fullAttentionPeriod(sliding.window)
    let slides = try config.layerTypes(slidingByDefault: { number in
      period.map { !(number + 1).isMultiple(of: $0) } ?? false
    })
    if sliding.window != nil { attention.rotary = nil }
    var mlp = try config.mlp()
    mlp.hasInputNorm = false
    mlp.hasOutputNorm = true
    return try config.model(
      blocks: config.blocks(slides, sliding: sliding, full: attention, mlp),
      lists: [.layerTypes],
      epsilon: 1e-5,
      names: .olmo2
    )
  }
}

extension ConfigurationReader {
  /// The period at which a block has full attention, where no list names the kinds; nil where all have
  /// it, as there is no window.
  fileprivate func fullAttentionPeriod(_ window: Int?) throws(FileError) -> Int? {
    let key = "sliding_window_pattern"
    guard window != nil else {
      // Published as null, and written as 0.
      _ = value(key)
      return nil
    }
    // Published configurations spell it as in LLLG, beside the list, which is what is read.
    guard value(key)?.string == nil || has("layer_types") else {
      throw error(key, "is a text, which transformers reads only beside `layer_types`")
    }
    return value(key)?.string == nil ? try size(key, default: 4) : 4
  }
}
