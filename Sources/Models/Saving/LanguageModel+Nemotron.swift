import BillhookFiles

extension LanguageModel {
  /// Why no Nemotron-NAS holds the model, and what would; nil where one does.
  var nemotronObstacle: SavingProblem? {
    let name = configuration.architecture
    guard name == Family.llama.architecture || name == Family.mistral.architecture else {
      return SavingProblem(
        "only a LlamaForCausalLM or a MistralForCausalLM can be saved as a Nemotron-NAS, and this is "
          + name.withArticle,
        .architecture(.custom)
      )
    }
    for block in blocks {
      if let attention = block.attention,
        attention.queryHeads * attention.headSize != configuration.hiddenSize
      {
        return SavingProblem(
          "block \(block.sourceIndex) has \(attention.queryHeads) query heads, while all of a "
            + "Nemotron-NAS have \(configuration.hiddenSize / attention.headSize)",
          .allHeads(configuration.hiddenSize / attention.headSize),
          .architecture(.custom)
        )
      }
      if let width = block.mlp?.width, width % NemotronBlocks.channels != 0 {
        return SavingProblem(
          "block \(block.sourceIndex) has \(width) channels, while a Nemotron-NAS has multiples of "
            + "\(NemotronBlocks.channels)",
          .multiples(of: NemotronBlocks.channels),
          .architecture(.custom)
        )
      }
    }
    if describesItself(as: .nemotronNAS) { return nil }
    return SavingProblem(
      "a Nemotron-NAS has biases in all blocks or in none, and no sliding windows",
      .architecture(.custom)
    )
  }
}
