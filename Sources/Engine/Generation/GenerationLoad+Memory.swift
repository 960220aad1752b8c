public import BillhookModels
public import BillhookTorch

extension GenerationLoad {
  /// The bytes that making texts takes on a CPU at its peak, worked out from shapes.
  ///
  /// All weights in the type of the arithmetic, wherever they lie, keys and values of all tokens, and
  /// what the prompts take inside the widest block and at the exit; the program is not counted.
  public func memory(of model: LanguageModel, dtype: DType) -> Int {
    let configuration = model.configuration
    let table = configuration.vocabularySize * configuration.hiddenSize
    // Laid out anew, the table at the exit is no longer that at the entrance.
    let isTwice = configuration.tiesEmbeddings && dtype == .bfloat16
    let weights = (model.parameterCount + (isTwice ? table : 0)) * dtype.byteCount
    let logits = batch *| configuration.vocabularySize *| (4 + dtype.byteCount)
    return weights +| keysAndValues(model, dtype) +| max(activations(model, dtype), logits)
  }

  /// As `KeyValueCache` keeps them.
  private func keysAndValues(_ model: LanguageModel, _ dtype: DType) -> Int {
    let numbers = model.blocks.compactMap(\.attention).reduce(0) {
      $0 + 2 * $1.keyValueHeads * $1.headSize
    }
    return batch *| length *| numbers *| max(dtype.byteCount, DType.float32.byteCount)
  }

  /// Around the MLP four times its width, around the attention the queries and what turning them
  /// takes; scores only where libtorch has no attention that does without them.
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
