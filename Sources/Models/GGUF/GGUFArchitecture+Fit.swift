import BillhookFiles

extension GGUFArchitecture {
  /// The architecture that computes what a model computes, or why there is none.
  static func holding(_ model: ModelConfiguration) -> Result<GGUFArchitecture, GGUFMisfit> {
    guard let own = of(family: model.architecture) else {
      return .failure(
        GGUFMisfit(
          "\(model.architecture.withArticle) is not written as GGUF, only "
            + families.joined(separator: ", ")
            + "; llama.cpp's own converter makes a file of a saved directory where it knows the family"
        )
      )
    }
    guard let misfit = own.misfit(of: model) else { return .success(own) }
    // Where the family's own architecture is narrower than its models, deci often holds them.
    guard let other = deci.misfit(of: model) else { return .success(deci) }
    return .failure(misfit.isOfShapes && !other.isOfShapes ? misfit.beside(other) : misfit)
  }

  /// Why it cannot hold a model; nil where it can.
  func misfit(of model: ModelConfiguration) -> GGUFMisfit? {
    GGUFMisfit.ofModel(model, self) ?? GGUFMisfit.ofRotary(model, self)
      ?? model.blocks.lazy.compactMap { GGUFMisfit.ofBlock($0, in: model, self) }.first
      ?? (holdsUnequalBlocks ? nil : GGUFMisfit.ofUnequalBlocks(model, self))
  }

  /// What scores of attention are multiplied by, in a model with this hidden size and these heads.
  func scale(_ attention: AttentionShape, blocks: Int, hiddenSize: Int) -> Double {
    blocks == blocksOfLargestSize
      ? 1 / Double(hiddenSize / attention.queryHeads).squareRoot()
      : 1 / Double(attention.headSize).squareRoot()
  }
}

/// Why an architecture of llama.cpp does not hold a model.
struct GGUFMisfit: Error, Equatable {
  let reason: String
  /// Whether the reason is that blocks differ, or that there are too many or too few heads.
  var isOfShapes = false
  /// Whether all heads would have to be kept.
  var needsAllHeads = false

  init(_ reason: String, isOfShapes: Bool = false, needsAllHeads: Bool = false) {
    self.reason = reason
    self.isOfShapes = isOfShapes
    self.needsAllHeads = needsAllHeads
  }

  /// The same, with the reason why blocks of different widths cannot be held either.
  func beside(_ other: GGUFMisfit) -> GGUFMisfit {
    GGUFMisfit(
      "\(reason); its architecture for blocks of different widths does not hold the model either: "
        + other.reason,
      isOfShapes: isOfShapes,
      needsAllHeads: needsAllHeads
    )
  }

  /// The most blocks that llama.cpp opens.
  private static let mostBlocks = 512

  fileprivate static func ofModel(_ model: ModelConfiguration, _ into: GGUFArchitecture)
    -> GGUFMisfit?
  {
    let name = into.name
    if let whole = model.tower?.architecture {
      return GGUFMisfit(
        "a GGUF file has no room for what \(whole.withArticle) has beside its text model; llama.cpp's own "
          + "converter makes both files of a saved directory"
      )
    }
    if model.blocks.count > mostBlocks {
      return GGUFMisfit(
        "llama.cpp opens at most \(mostBlocks) blocks, and this has \(model.blocks.count)"
      )
    }
    if model.norm.hasOffset != into.raisesNorms {
      return GGUFMisfit("\(name) of llama.cpp has other norms")
    }
    if (model.embeddingScale != nil) != into.scalesEmbeddings, !into.readsFactors {
      return GGUFMisfit("\(name) of llama.cpp scales embeddings otherwise")
    }
    if model.residualScale != nil || model.logitDivisor != nil, !into.readsFactors {
      return GGUFMisfit("\(name) of llama.cpp scales neither what sub-layers add nor logits")
    }
    if into.isAlwaysTied, !model.tiesEmbeddings {
      return GGUFMisfit("\(name) of llama.cpp computes logits with the table of the embedding")
    }
    if model.logitSoftCap != nil, !into.capsLogits {
      return GGUFMisfit("\(name) of llama.cpp has no soft cap of logits")
    }
    if into.capsScores, model.logitSoftCap == nil {
      return GGUFMisfit("\(name) of llama.cpp always has a soft cap of logits")
    }
    if !model.blocks.contains(where: { $0.attention != nil }) {
      return GGUFMisfit("llama.cpp opens no model without any attention", isOfShapes: true)
    }
    return nil
  }

  fileprivate static func ofRotary(_ model: ModelConfiguration, _ into: GGUFArchitecture)
    -> GGUFMisfit?
  {
    let attentions = model.blocks.compactMap(\.attention)
    let kinds = Set(attentions.compactMap(\.rotary))
    if let misfit = ofRotaryBlocks(model, into) { return misfit }
    if attentions.contains(where: { $0.queryScaling != nil }) {
      return GGUFMisfit("\(into.name) of llama.cpp has no queries that grow with their positions")
    }
    let isByWindow =
      into.readsWindows && kinds.count == 2
      && attentions.allSatisfy { one in
        attentions.allSatisfy {
          ($0.window == nil) != (one.window == nil) || $0.rotary == one.rotary
        }
      }
    guard kinds.count == 1 || isByWindow else {
      return GGUFMisfit("\(into.name) of llama.cpp has the same rotary positions in all blocks")
    }
    if isByWindow, let local = attentions.first(where: { $0.window != nil })?.rotary,
      local.scaling != .none
    {
      return GGUFMisfit("\(into.name) of llama.cpp scales no positions in blocks with a window")
    }
    if into.readsWindows, kinds.count == 1, into.queryKeyNorm != nil,
      attentions.contains(where: { $0.window != nil }),
      kinds.contains(where: { $0.scaling != .none })
    {
      return GGUFMisfit("\(into.name) of llama.cpp scales no positions in blocks with a window")
    }
    for rotary in kinds {
      if rotary.share != 1, !into.readsRotaryShare {
        return GGUFMisfit("\(into.name) of llama.cpp rotates all channels of a head")
      }
      switch rotary.scaling {
      case .dynamic: return GGUFMisfit("llama.cpp has no dynamic scaling of positions")
      case .llama3 where !into.readsLlama3:
        return GGUFMisfit("\(into.name) of llama.cpp has no scaling of positions as Llama 3.1's")
      case .longrope where !into.readsLongrope:
        return GGUFMisfit("\(into.name) of llama.cpp has no longrope")
      case .yarn(let yarn) where !yarn.truncates:
        return GGUFMisfit("llama.cpp rounds the limits of YaRN to whole channels")
      default: break
      }
    }
    return nil
  }

  /// Blocks that have rotary positions in llama.cpp and none in the model, or the other way round.
  private static func ofRotaryBlocks(_ model: ModelConfiguration, _ into: GGUFArchitecture)
    -> GGUFMisfit?
  {
    for (position, block) in model.blocks.enumerated() {
      guard let attention = block.attention else { continue }
      let isRotary = into.rotaryPeriod.map { !(position + 1).isMultiple(of: $0) } ?? true
      guard (attention.rotary != nil) != isRotary else { continue }
      return GGUFMisfit(
        "block \(block.sourceIndex) has \(isRotary ? "no " : "")rotary positions, while \(into.name) of "
          + "llama.cpp has them in "
          + (into.rotaryPeriod.map { "all but every \($0)th block of those that are left" }
            ?? "all blocks")
      )
    }
    return nil
  }

  fileprivate static func ofBlock(
    _ block: BlockShape,
    in model: ModelConfiguration,
    _ into: GGUFArchitecture
  ) -> GGUFMisfit? {
    let place = "block \(block.sourceIndex)"
    func misfit(_ what: String) -> GGUFMisfit {
      GGUFMisfit("\(place) has \(what), which is not written for \(into.name) of llama.cpp")
    }
    if let mlp = block.mlp {
      if mlp.activation != into.activation {
        return GGUFMisfit("\(place) has another activation than \(into.name) of llama.cpp")
      }
      if mlp.hasBias, !into.readsMLPBias { return misfit("biases in its MLP") }
      if mlp.isGated != into.isGated {
        return GGUFMisfit("\(place) has an MLP \(mlp.isGated ? "with" : "without") a gate")
      }
      if mlp.hasOutputNorm != into.hasOutputNorms || mlp.hasInputNorm != into.hasInputNorms {
        return GGUFMisfit("\(place) has other norms than \(into.name) of llama.cpp")
      }
    }
    guard let attention = block.attention else { return nil }
    if attention.hasInputBias, !into.readsInputBias {
      return misfit("biases of query, key and value")
    }
    if attention.hasOutputBias, !into.readsOutputBias {
      return misfit("a bias of its output projection")
    }
    if into.rotaryPeriod != nil, attention.window != nil { return misfit("a sliding window") }
    if attention.queryKeyNorm != into.queryKeyNorm
      || attention.hasOutputNorm != into.hasOutputNorms
      || attention.hasInputNorm != into.hasInputNorms
    {
      return GGUFMisfit("\(place) has other norms than \(into.name) of llama.cpp")
    }
    if (attention.softCap != nil) != into.capsScores {
      return GGUFMisfit("\(place) caps scores otherwise than \(into.name) of llama.cpp")
    }
    let scale = into.scale(attention, blocks: model.blocks.count, hiddenSize: model.hiddenSize)
    let own = attention.scale ?? 1 / Double(attention.headSize).squareRoot()
    if abs(own - scale) > 1e-6 * scale, !into.readsFactors {
      return GGUFMisfit(
        "\(place) scales its scores by \(own), and \(into.name) of llama.cpp by \(scale) in a model of "
          + "\(model.blocks.count) blocks"
      )
    }
    if into.dividesForHeadSize, attention.queryHeads * attention.headSize != model.hiddenSize {
      return GGUFMisfit(
        "\(place) has \(attention.queryHeads) query heads of \(attention.headSize) channels, and "
          + "\(into.name) of llama.cpp takes their size from the hidden size, \(model.hiddenSize)",
        isOfShapes: true,
        needsAllHeads: true
      )
    }
    return nil
  }

  fileprivate static func ofUnequalBlocks(_ model: ModelConfiguration, _ into: GGUFArchitecture)
    -> GGUFMisfit?
  {
    guard let difference = model.blocks.unevenness else { return nil }
    return GGUFMisfit(
      "\(difference), while \(into.name) of llama.cpp has one shape for all blocks",
      isOfShapes: true
    )
  }
}
