import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Makes zeros of single weights: measures a model part by part, chooses masks, and has what stays
/// adjusted before the next part is measured.
package struct SparsePass {
  private let setting: SparseSetting
  private let shares: SparseShares
  private let context: RunContext
  private let folder: String
  private let progress: PassFolder?

  /// The name of the file of masks and new weights.
  package static let fileName = "masked.safetensors"

  /// A pass.
  ///
  /// - Parameters:
  ///   - setting: What chooses and adjusts.
  ///   - shares: How much of each block goes.
  ///   - context: Where it runs.
  ///   - folder: Where finished blocks, and in the end masks and new weights, are kept; its name
  ///     identifies everything that they depend on.
  ///   - progress: Where the progress of a pass that changes nothing on its way is kept.
  package init(
    _ setting: SparseSetting,
    _ shares: SparseShares,
    _ context: RunContext,
    in folder: String,
    progress: PassFolder? = nil
  ) {
    self.setting = setting
    self.shares = shares
    self.context = context
    self.folder = folder
    self.progress = progress
  }

  /// The model with masks, and with new weights where there is a repair; both are in one file of the
  /// folder.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The calibration set; may be nil where nothing is measured.
  /// - Returns: The model with the file on top.
  /// - Throws: What criterion, repair and evidence throw, and `Cancelled`.
  package func run(_ model: LanguageModel, on tokens: TokenSet?) throws -> LanguageModel {
    let path = "\(folder)/\(Self.fileName)"
    try FileSystem.makeDirectory(folder)
    if setting.unit.pattern == nil, setting.group == .model {
      return try ModelThreshold(setting, shares, context, progress: progress)
        .run(model, on: tokens, at: path)
    }
    guard setting.order != SequentialOrder.none, let tokens else {
      return try atOnce(model, on: tokens, at: path)
    }
    return try partByPart(model, on: tokens).merging(editsSince: model, at: path)
  }

  // MARK: Everything measured before anything is masked

  private func atOnce(
    _ model: LanguageModel,
    on tokens: TokenSet?,
    at path: String
  ) throws -> LanguageModel {
    let pass = setting.pass(over: model, on: tokens, context, in: progress)
    let made = try pass.blocks(kinds: [.projection]) { step, statistics in
      guard let masking = masking(step.number, in: model) else { return [:] }
      let roles = setting.unit.roles.intersection(step.shape.projections)
      let change = try masking.change(roles, ofBlock: step.number, statistics)
      var tensors: [String: Tensor] = [:]
      for (role, mask) in change.masks {
        tensors["\(role.rawValue)/mask"] = try mask.packedBits()
          .spilledWhereLarge(to: context.scratch)
      }
      for (role, weight) in change.weights {
        let kept = try change.masks[role].map { try weight.keeping($0) } ?? weight
        tensors[role.rawValue] = try model.rounded(kept, as: WeightID(role, block: step.number))
          .spilledWhereLarge(to: context.scratch)
      }
      return tensors
    }
    var weights: [WeightID: Tensor] = [:]
    var masks: [WeightID: Tensor] = [:]
    for (block, tensors) in made {
      for role in WeightRole.projections {
        let id = WeightID(role, block: block)
        weights[id] = tensors[role.rawValue]
        masks[id] = tensors["\(role.rawValue)/mask"]
      }
    }
    return try model.editing(weights, packedMasks: masks, at: path)
  }

  // MARK: Part by part

  private func partByPart(_ model: LanguageModel, on tokens: TokenSet) throws -> LanguageModel {
    let notes = GatheredNotes()
    defer { notes.tell(context) }
    let gatherings = setting.evidence.distinct.compactMap { $0 as? any ActivationEvidence }
      .map { Gathering.activations($0) }
    return try Traversal(model, context).sequential(
      tokens,
      order: setting.order,
      in: folder,
      observe: { stage, batch in
        guard masking(stage.number, in: model) != nil, !roles(stage).isEmpty else { return }
        let shown = batch.showing(inputsOf: roles(stage))
        for gathering in gatherings { try gathering.observe(shown, at: stage.label) }
      },
      change: { stage in
        let roles = roles(stage)
        guard let masking = masking(stage.number, in: model), !roles.isEmpty else {
          return BlockChange()
        }
        var statistics = Statistics()
        for gathering in gatherings { try gathering.finish(into: &statistics, at: stage.label) }
        let change = try masking.change(roles, ofBlock: stage.number, statistics)
        notes.take(statistics)
        return change
      }
    )
  }

  private func roles(_ stage: BlockStage) -> Set<WeightRole> {
    setting.unit.roles.intersection(stage.projections)
  }

  private func masking(_ block: Int, in model: LanguageModel) -> BlockMasking? {
    guard let percent = shares.percents[block], percent > 0 else { return nil }
    return BlockMasking(setting: setting, model: model, device: context.device, shares: shares)
  }
}

extension BlockShape {
  /// The projections that the block has.
  var projections: Set<WeightRole> {
    WeightRole.projections.filter { role in
      if role.isOfAttention { return attention != nil }
      return role == .gate ? mlp?.isGated == true : mlp != nil
    }
  }
}
