public import BillhookModels
public import BillhookTorch

extension GenerationLoad {
  /// The peak memory in bytes of generating texts on a CPU, estimated from shapes.
  ///
  /// Counted are all weights in the type of the arithmetic, whether copied or mapped, keys and
  /// values of all tokens, and the activations of the prompts inside the widest block and at the
  /// head; the program is not counted.
  public func memory(of model: LanguageModel, dtype: DType) -> Int {
    let configuration = model.configuration
    let table = configuration.vocabularySize * configuration.hiddenSize
    // A rearranged copy of a tied table no longer shares memory with the embedding.
    let isTwice = configuration.tiesEmbeddings && dtype == .bfloat16
    let weights = (model.parameterCount + (isTwice ? table : 0)) * dtype.byteCount
    let logits = batch *| configuration.vocabularySize *| (4 + dtype.byteCount)
    return weights +| keysAndValues(model, dtype) +| max(activations(model, dtype), logits)
  }

  /// The bytes of keys and values, as `KeyValueCache` stores them.
  private func keysAndValues(_ model: LanguageModel, _ dtype: DType) -> Int {
    let numbers = model.blocks.compactMap(\.attention).reduce(0) {
      $0 + 2 * $1.keysPerToken
    }
    return batch *| length *| numbers *| max(dtype.byteCount, DType.float32.byteCount)
  }

  /// The activations of a block: around the MLP four times its width, around the attention the
  /// queries and the memory for rotating them; scores only where libtorch has no attention that
  /// does without them.
  private func activations(_ model: LanguageModel, _ dtype: DType) -> Int {
    let widths = model.blocks.map { block in
      let queries = block.attention.map { $0.queryHeads * $0.headSize } ?? 0
      let scores = block.attention.flatMap { $0.softCap == nil ? nil : $0.queryHeads } ?? 0
      return max(5 * queries +| 4 *| scores *| prompt, 4 * (block.mlp?.width ?? 0))
    }
    let numbers = (widths.max() ?? 0) +| 2 * model.configuration.hiddenSize
    return batch *| prompt *| numbers *| dtype.byteCount
  }
}
