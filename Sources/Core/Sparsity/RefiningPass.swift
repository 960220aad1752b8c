import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Refines masks that are known already, attention by attention and MLP by MLP: each is measured beside
/// the same one with all its weights, after all before it were refined.
package struct RefiningPass {
  private let setting: RefiningSetting
  private let context: RunContext
  private let folder: String

  /// A pass.
  ///
  /// - Parameters:
  ///   - setting: What exchanges and adjusts.
  ///   - context: Where it runs.
  ///   - folder: Where finished blocks, and in the end masks and new weights, are kept; its name
  ///     identifies everything that they depend on.
  package init(_ setting: RefiningSetting, _ context: RunContext, in folder: String) {
    self.setting = setting
    self.context = context
    self.folder = folder
  }

  /// The model with refined masks, and with new weights where there is a repair; both are in one file of
  /// the folder.
  ///
  /// - Parameters:
  ///   - model: The model before it lost weights.
  ///   - masked: The same with masks, and otherwise the same weights.
  ///   - tokens: The calibration set.
  /// - Returns: The model with the file on top.
  /// - Throws: What refiner, repair and evidence throw, and `Cancelled`.
  package func run(
    _ model: LanguageModel,
    from masked: LanguageModel,
    on tokens: TokenSet
  ) throws -> LanguageModel {
    try FileSystem.makeDirectory(folder)
    let notes = GatheredNotes()
    defer { notes.tell(context) }
    let activations = setting.activations.map { Gathering.activations($0) }
    let gradients = setting.gradients.map { Gathering.gradients($0) }
    // What a block lost here; nothing changes in one that lost nothing, whatever it lost before.
    var pruned: [WeightRole] = []
    func roles(_ stage: BlockStage) -> [WeightRole] { pruned.filter(stage.projections.contains) }
    return try Traversal(model, context).sequential(
      tokens,
      order: .module,
      beside: model,
      in: folder,
      checkpoint: nil,
      begin: { step in
        var change = BlockChange()
        for role in setting.unit.roles.intersection(step.shape.projections) {
          let id = WeightID(role, block: step.number)
          guard let mask = try mask(of: id, in: masked) else { continue }
          if let before = try self.mask(of: id, in: model), try mask.equals(before) { continue }
          change.masks[role] = mask
        }
        pruned = WeightRole.allCases.filter { change.masks[$0] != nil }
        return change
      },
      observe: { stage, batch in
        let roles = roles(stage)
        guard let first = roles.first else { return }
        let shown = batch.showing(inputsOf: Set(roles))
        for gathering in activations { try gathering.observe(shown, at: stage.label) }
        guard !gradients.isEmpty, let twin = stage.beside else { return }
        let end: WeightRole = first.isOfAttention ? .output : .down
        try twin.gradients(ofSubLayer: end, beside: batch) { _, found in
          let sample = BlockGradients(
            gradients: found,
            tokenShare: 1 / Double(tokens.windows.count),
            sampleShare: 1 / Double(tokens.windows.count)
          )
          for gathering in gradients { try gathering.observe(sample, at: stage.label) }
        }
      },
      change: { stage in
        let roles = roles(stage)
        guard !roles.isEmpty else { return BlockChange() }
        var statistics = Statistics()
        for gathering in activations { try gathering.finish(into: &statistics, at: stage.label) }
        for gathering in gradients { try gathering.finish(into: &statistics, at: stage.label) }
        let change = try self.change(
          roles,
          ofBlock: stage.number,
          of: model,
          from: masked,
          statistics
        )
        notes.take(statistics)
        return change
      }
    )
    .merging(editsSince: model, at: "\(folder)/\(SparsePass.fileName)")
  }

  private func mask(of id: WeightID, in model: LanguageModel) throws -> Tensor? {
    try model.weights.mask(id)?.to(device: context.device)
  }

  private func change(
    _ roles: [WeightRole],
    ofBlock number: Int,
    of model: LanguageModel,
    from masked: LanguageModel,
    _ statistics: Statistics
  ) throws -> BlockChange {
    let projections = try roles.compactMap { role -> MaskedProjection? in
      let id = WeightID(role, block: number)
      guard let mask = try mask(of: id, in: masked) else { return nil }
      return MaskedProjection(
        id: id,
        weight: try model.weights.tensor(id, dtype: .float32, device: context.device),
        mask: mask,
        open: try self.mask(of: id, in: model),
        pattern: setting.unit.pattern
      )
    }
    var change = BlockChange(masks: try setting.refiner.checked(projections, statistics))
    guard let repair = setting.repair else { return change }
    for projection in projections {
      let mask = change.masks[projection.id.role] ?? projection.mask
      let cut = ProjectionCut(id: projection.id, weight: projection.weight, mask: mask)
      change.weights[projection.id.role] = try repair.weight(cut, statistics, of: model)
    }
    return change
  }
}
