import BillhookFiles

/// What the `config.json` of a saved model says that it is.
public enum SavedArchitecture: Sendable, Equatable {
  /// The family that it comes from; all blocks have to be alike.
  case family
  /// A Mistral without a window: a Llama without biases, where the numbers of heads are free.
  case mistral
  /// The family with widths of its own for each layer, and code beside the weights.
  case custom
  /// A Nemotron-NAS: a Llama with widths of its own for each block in `block_configs`, as
  /// `DeciLMForCausalLM` of vLLM and `nemotron-nas` of mlx-lm read it.
  case nemotronNAS
}

extension LanguageModel {
  /// Why a directory with this architecture cannot hold the model, and what can; nil where it can.
  public func obstacle(to architecture: SavedArchitecture) -> SavingProblem? {
    let name = configuration.architecture
    guard let family = Family.of(configuration) else {
      return SavingProblem("\(name) is not known")
    }
    if let tower = configuration.tower { return obstacle(to: architecture, in: tower) }
    switch architecture {
    case .custom: return nil
    case .nemotronNAS: return nemotronObstacle
    case .mistral:
      guard name == "LlamaForCausalLM" else {
        return SavingProblem(
          "only a LlamaForCausalLM can be saved as a Mistral, and this is \(name.withArticle)"
        )
      }
      if let difference = blocks.unevenness {
        return SavingProblem(
          "\(difference), while a Mistral has one shape for all blocks",
          .architecture(.custom)
        )
      }
      if describesItself(as: .mistral) { return nil }
      return SavingProblem("a Mistral has no biases", .architecture(.custom))
    case .family:
      if let difference = blocks.unevenness {
        let reason = "\(difference), while \(name.withArticle) has one shape for all blocks"
        return blocks.areWhole
          ? SavingProblem(reason, .evenBlocks, .architecture(.custom))
          : SavingProblem(reason, .architecture(.custom))
      }
      if let reason = undividedHeads(family) {
        return SavingProblem(
          reason,
          .dividingHeads,
          .architecture(obstacle(to: .mistral) == nil ? .mistral : .custom)
        )
      }
      if let refusal = longropeRefusal { return refusal }
      if describesItself(as: .family) { return nil }
      return SavingProblem(
        "\(name) has no key for biases where the model has them",
        .architecture(.custom)
      )
    }
  }

  /// Why an image model cannot hold its text model; nil where it can.
  private func obstacle(to architecture: SavedArchitecture, in tower: TextTower) -> SavingProblem? {
    let name = tower.architecture.withArticle
    guard architecture == .family else {
      return SavingProblem("the text model of \(name) keeps its own family, which is the default")
    }
    if let difference = blocks.unevenness {
      let reason = "\(difference), while the text model of \(name) has one shape for all blocks"
      return blocks.areWhole
        ? SavingProblem(reason, .evenBlocks) : SavingProblem(reason)
    }
    if let family = Family.of(configuration), let reason = undividedHeads(family) {
      return SavingProblem(reason, .dividingHeads)
    }
    if describesItself(as: .family) { return nil }
    return SavingProblem("the text model of \(name) has no key for biases where it has them")
  }

  /// Why transformers refuses the number of query heads; nil where it does not.
  private func undividedHeads(_ family: Family) -> String? {
    let heads = blocks[0].attention?.queryHeads ?? 1
    guard family.headsDivideHiddenSize, heads != opened.blocks.first?.attention?.queryHeads,
      configuration.hiddenSize % heads != 0
    else { return nil }
    return
      "transformers refuses \(family.architecture.withArticle) whose \(heads) query heads do not divide the "
      + "hidden size, \(configuration.hiddenSize)"
  }

  /// Transformers counts the channels that longrope rotates by hidden size and heads, whatever
  /// `head_dim` says.
  private var longropeRefusal: SavingProblem? {
    guard let attention = blocks[0].attention,
      let before = opened.blocks.first?.attention?.queryHeads, attention.queryHeads != before,
      let rotary = attention.rotary, case .longrope(let short, _, _, _) = rotary.scaling
    else { return nil }
    let size = configuration.hiddenSize / attention.queryHeads
    guard rotary.channels(of: size) / 2 != short.count else { return nil }
    return SavingProblem(
      "transformers refuses longrope with \(short.count) factors where hidden size and "
        + "\(attention.queryHeads) query heads ask for \(rotary.channels(of: size) / 2)",
      .architecture(.custom),
      .allHeads(before)
    )
  }

  /// Whether the configuration that would be written describes the model.
  func describesItself(as architecture: SavedArchitecture) -> Bool {
    guard let text = try? ConfigurationEdit.text(for: self, as: architecture),
      let json = try? text.json,
      let read = try? Family.configuration(ConfigurationReader(path: "config.json", json: json))
    else { return false }
    return read.computesLike(configuration)
  }
}
