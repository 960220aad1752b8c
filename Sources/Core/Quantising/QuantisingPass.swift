import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Quantises a model part by part: each is measured with the codes of those before it, block after block.
package struct QuantisingPass {
  private let quantising: Quantising
  private let openedBlocks: Int
  private let context: RunContext
  private let folder: String

  /// The name of the file of codes.
  package static let fileName = "quantised.safetensors"

  /// A pass.
  ///
  /// - Parameters:
  ///   - quantising: What is quantised, and by whom.
  ///   - openedBlocks: The number of blocks of the model as it was opened.
  ///   - context: Where it runs.
  ///   - folder: Where finished blocks, and in the end all codes, are kept; its name identifies everything
  ///     that they depend on.
  package init(
    _ quantising: Quantising,
    openedBlocks: Int,
    _ context: RunContext,
    in folder: String
  ) {
    self.quantising = quantising
    self.openedBlocks = openedBlocks
    self.context = context
    self.folder = folder
  }

  /// The model with codes in place of weights, in one file of the folder.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - tokens: The calibration set; may be nil where nothing is measured.
  /// - Returns: The model with the file on top.
  /// - Throws: What the quantiser throws, `DataError` for a model that cannot be quantised so, and
  ///   `Cancelled`.
  package func run(_ model: LanguageModel, on tokens: TokenSet?) throws -> LanguageModel {
    if let obstacle = quantising.obstacle(on: model, openedBlocks: openedBlocks) {
      throw DataError(obstacle)
    }
    try FileSystem.makeDirectory(folder)
    let targets = Set(quantising.targets(in: model, openedBlocks: openedBlocks).map(\.id))
    let made =
      if let tokens, !quantising.evidence.isEmpty {
        try measured(model, targets, on: tokens)
      } else {
        try unmeasured(model, targets)
      }
    return try made.merging(editsSince: model, at: "\(folder)/\(Self.fileName)")
  }

  private func unmeasured(_ model: LanguageModel, _ targets: Set<WeightID>) throws -> LanguageModel
  {
    var made = model
    try Traversal(model, context).weights { step in
      let ids = model.configuration.weights(of: step.shape).map(\.id).filter(targets.contains)
      guard !ids.isEmpty else { return }
      var codes: [WeightID: QuantisedMatrix] = [:]
      for id in ids { codes[id] = try self.codes(of: id, in: model, Statistics()) }
      made = try made.editing(
        [:],
        quantised: codes,
        at: "\(folder)/block-\(step.number).safetensors"
      )
    }
    return made
  }

  private func measured(
    _ model: LanguageModel,
    _ targets: Set<WeightID>,
    on tokens: TokenSet
  ) throws -> LanguageModel {
    let notes = GatheredNotes()
    defer { notes.tell(context) }
    let gatherings = quantising.quantiser.evidence.map { Gathering.activations($0) }
    func roles(_ stage: BlockStage) -> [WeightRole] {
      WeightRole.allCases.filter { role in
        stage.projections.contains(role) && targets.contains(WeightID(role, block: stage.number))
      }
    }
    return try Traversal(model, context).sequential(
      tokens,
      order: quantising.settings.order,
      in: folder,
      observe: { stage, batch in
        let roles = roles(stage)
        guard !roles.isEmpty else { return }
        let shown = batch.showing(inputsOf: Set(roles))
        for gathering in gatherings { try gathering.observe(shown, at: stage.label) }
      },
      change: { stage in
        let roles = roles(stage)
        guard !roles.isEmpty else { return BlockChange() }
        var statistics = Statistics()
        for gathering in gatherings { try gathering.finish(into: &statistics, at: stage.label) }
        var change = BlockChange()
        for role in roles {
          let id = WeightID(role, block: stage.number)
          change.quantised[role] = try codes(of: id, in: model, statistics)
        }
        notes.take(statistics)
        return change
      }
    )
  }

  /// The codes of a projection, which has to be what its masks and its scheme say.
  private func codes(
    of id: WeightID,
    in model: LanguageModel,
    _ statistics: Statistics
  ) throws -> QuantisedMatrix {
    let projection = UnquantisedProjection(
      id: id,
      weight: try model.weights.tensor(id, dtype: .float32, device: context.device),
      mask: try model.weights.mask(id)?.to(device: context.device),
      scheme: quantising.settings.scheme,
      dtype: try model.weights.storedType(id)
    )
    guard try projection.weight.allFinite() else {
      try model.requireFiniteWeights()
      throw DataError("\(id): holds numbers beyond float32")
    }
    return try quantising.quantiser.answer(at: "\(id)") {
      let made = try quantising.quantiser.quantised(projection, statistics)
      guard made.shape == projection.weight.shape, made.scheme == projection.scheme else {
        throw DataError(
          "gave codes for \(made.shape) of another kind than \(projection.scheme.bits) bits for "
            + "\(projection.weight.shape)"
        )
      }
      guard try made.scales.allFinite() else {
        throw DataError("gave scales that are not finite in float16")
      }
      if let mask = try model.weights.mask(id) {
        let filled = try (.!(mask .| (made.dequantised() .== 0))).sum(dtype: .int64).scalar()
        guard filled == 0 else {
          throw DataError("fills \(Int(filled)) zeros that a mask holds")
        }
      }
      return made
    }
  }
}
