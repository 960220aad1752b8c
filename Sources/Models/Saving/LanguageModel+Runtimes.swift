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
      guard let first = readers.first, architecture == .family, blocks.unevenness != nil else {
        return own
      }
      return SavingProblem(own.reason, remedies: remediesAgainstCode(for: first.runtime))
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
        remedies: caution.remedies + (isForLlamaCpp ? [.gguf] : [])
      )
    case .custom:
      guard let runtime = readers.first?.runtime else { return nil }
      return SavingProblem(
        "\(runtime.name) does not run the code that `architecture = custom` puts beside the weights",
        remedies: remediesAgainstCode(for: runtime)
      )
    case .nemotronNAS:
      if readers.contains(where: { $0.runtime == .llamaCpp }),
        let block = blocks[0].attention == nil ? blocks[0] : blocks.first(where: { $0.mlp == nil })
      {
        return SavingProblem(
          "llama.cpp loads no Nemotron-NAS whose first block has no attention, and loses the attention of "
            + "blocks without an MLP, and block \(block.sourceIndex) is one of these",
          remedies: [.gguf]
        )
      }
      return cautions(savedAs: architecture, by: readers).first
    }
  }

  /// What a program without our code opens instead.
  private func remediesAgainstCode(for runtime: Runtime) -> [SavingProblem.Remedy] {
    if obstacle(to: .family) == nil { return [.architecture(.family)] }
    var remedies: [SavingProblem.Remedy] = []
    let nemotron = obstacle(to: .nemotronNAS, for: [runtime])
    if nemotron == nil { remedies.append(.architecture(.nemotronNAS)) }
    if runtime == .llamaCpp { remedies.append(.gguf) }
    if let nemotron {
      // What would make a Nemotron-NAS of it.
      remedies += nemotron.remedies.filter { if case .multiples = $0 { true } else { false } }
    }
    return remedies + [.evenBlocks]
  }
}
