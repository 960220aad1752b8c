extension LanguageModel {
  /// Why the model, saved with an architecture, would not be the same in some programs, and what would
  /// be; nil where it is.
  ///
  /// - Parameters:
  ///   - architecture: The architecture that its `config.json` will name.
  ///   - runtimes: The programs that it is for.
  /// - Returns: The first problem.
  public func obstacle(
    to architecture: SavedArchitecture,
    for runtimes: [Runtime]
  ) -> SavingProblem? {
    let readers = OutsideReader.all.filter { runtimes.contains($0.runtime) }
    if let own = obstacle(to: architecture) {
      guard !readers.isEmpty, architecture == .family, blocks.unevenness != nil else { return own }
      return SavingProblem(own.reason, remedies: remediesAgainstCode(for: readers.map(\.runtime)))
    }
    if !schemes.isEmpty, let reader = readers.first(where: { $0.codes == .none }) {
      return SavingProblem(
        "\(reader.runtime.name) does not open weights in the layout of GPTQ; save the model before "
          + "`quantise`, and let that program quantise it"
      )
    }
    switch architecture {
    case .family, .mistral:
      guard let caution = cautions(savedAs: architecture, by: readers).first else { return nil }
      let isForLlamaCpp = readers.contains { $0.runtime == .llamaCpp }
      return SavingProblem(
        caution.reason,
        remedies: caution.remedies + (isForLlamaCpp ? inGGUF : [])
      )
    case .custom:
      guard let runtime = readers.first?.runtime else { return nil }
      return SavingProblem(
        "\(runtime.name) does not run the code that `architecture = custom` puts beside the weights",
        remedies: remediesAgainstCode(for: readers.map(\.runtime))
      )
    case .nemotronNAS:
      if readers.contains(where: { $0.runtime == .llamaCpp }),
        let block = blocks[0].attention == nil ? blocks[0] : blocks.first(where: { $0.mlp == nil })
      {
        return SavingProblem(
          "llama.cpp loads no Nemotron-NAS whose first block has no attention, and loses the attention of "
            + "blocks without an MLP, and block \(block.sourceIndex) is one of these",
          remedies: inGGUF
        )
      }
      return cautions(savedAs: architecture, by: readers).first
    }
  }

  /// A file for llama.cpp, where it can hold the model.
  private var inGGUF: [SavingProblem.Remedy] {
    GGUFModelWriter(self, type: .f32, tokenizer: .none).obstacle == nil ? [.gguf] : []
  }

  /// What programs without our code open instead.
  private func remediesAgainstCode(for runtimes: [Runtime]) -> [SavingProblem.Remedy] {
    if obstacle(to: .family) == nil { return [.architecture(.family)] }
    var remedies: [SavingProblem.Remedy] = []
    let nemotron = obstacle(to: .nemotronNAS, for: runtimes)
    if nemotron == nil { remedies.append(.architecture(.nemotronNAS)) }
    if runtimes.contains(.llamaCpp) { remedies += inGGUF }
    if let nemotron {
      // What would make a Nemotron-NAS of it.
      remedies += nemotron.remedies.filter { if case .multiples = $0 { true } else { false } }
    }
    return remedies + (blocks.areWhole ? [.evenBlocks] : [])
  }
}
