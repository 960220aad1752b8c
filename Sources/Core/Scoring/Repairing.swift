import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Makes up for a cut: measures the model before it, and changes what is left after it.
package struct Repairing {
  private let whole: LanguageModel
  private let context: RunContext
  private let folder: PassFolder?

  /// Repairs of what is cut from a model.
  ///
  /// - Parameters:
  ///   - whole: The model before the cut.
  ///   - context: Where it runs; what is new lies in its scratch folder.
  ///   - folder: What a later repair for the same goes on from; nil where nothing is kept.
  package init(_ whole: LanguageModel, _ context: RunContext, in folder: PassFolder? = nil) {
    self.whole = whole
    self.context = context
    self.folder = folder
  }

  /// The name of the file of new weights in the scratch folder, where none has that name yet.
  package static let fileName = "repaired.safetensors"

  /// The projections that lose inputs, and whose inputs are shown to evidence.
  package static let projections: Set<WeightRole> = [.output, .down]

  /// The cut model with weights and biases that make up for what it lost.
  ///
  /// - Parameters:
  ///   - cut: What is left of the model.
  ///   - repair: The repair that decides what becomes of projections.
  ///   - tokens: What is measured.
  /// - Returns: The cut model with a file of edits on top, `fileName` in the scratch folder;
  ///   without one where nothing was changed.
  /// - Throws: What the repair and its evidence throw.
  package func repair(
    _ cut: LanguageModel,
    by repair: any Repair,
    on tokens: TokenSet
  ) throws -> LanguageModel {
    let owner = "the repair `\(repair.signature)`"
    let made = try EvidencePass(
      repair.evidence,
      for: owner,
      of: whole,
      on: tokens,
      showing: Self.projections,
      context,
      in: folder
    )
    .blocks(kinds: [.projection]) { step, statistics in
      var changed: [String: Tensor] = [:]
      for projection in try projections(step, in: cut) {
        let id = projection.id
        let repaired = try repair.answer(at: "\(id)") {
          try repair.checked(projection, statistics, of: whole)
        }
        if let weight = repaired.weight {
          let kept = try Tensor(projection.keptColumns ?? []).to(device: weight.device)
          changed[id.role.rawValue] = try cut.rounded(weight.selecting(1, kept), as: id)
            .spilledWhereLarge(to: context.scratch)
        }
        if let bias = repaired.addedBias {
          changed[(id.role == .output ? WeightRole.outputBias : .downBias).rawValue] = bias
        }
      }
      return changed
    }
    return try changing(made, in: cut)
  }

  /// A cut model with the file that an earlier repair of it wrote.
  ///
  /// - Throws: `FileError` when the file is not there, or holds no weights of the model.
  package static func model(_ cut: LanguageModel, repairedBy path: String) throws -> LanguageModel {
    let names = try SafetensorsFile(path).names
    func has(_ bias: WeightRole) -> Bool { names.contains { $0.hasSuffix(".\(bias.rawValue)") } }
    return try cut.addingBiases(toAttention: has(.outputBias), toMLP: has(.downBias))
      .editing(by: path)
  }

  /// The projections of a block that lost inputs, in a block that still has them.
  private func projections(
    _ step: BlockStep,
    in cut: LanguageModel
  ) throws -> [ProjectionCut] {
    let number = step.number
    guard let left = cut.blocks.first(where: { $0.sourceIndex == number }) else { return [] }
    var found: [ProjectionCut] = []
    func lose(_ role: WeightRole, _ before: [Int], _ after: [Int], width: Int) throws {
      let after = Set(after)
      let columns = before.indices.filter { !after.contains(before[$0]) }
        .flatMap { $0 * width..<($0 + 1) * width }
      guard !columns.isEmpty else { return }
      let id = WeightID(role, block: number)
      let weight = try whole.weights.tensor(id, dtype: .float32, device: context.device)
      // What a mask holds at zero stays zero, so the others make up for it too.
      let mask = try whole.weights.mask(id)?.to(device: context.device)
      found.append(ProjectionCut(id: id, weight: weight, columns: columns, mask: mask))
    }
    if let attention = left.attention {
      let (before, after) = (whole.queryHeads(ofBlock: number), cut.queryHeads(ofBlock: number))
      try lose(.output, before, after, width: attention.headSize)
    }
    if left.mlp != nil {
      let (before, after) = (whole.channels(ofBlock: number), cut.channels(ofBlock: number))
      try lose(.down, before, after, width: 1)
    }
    return found
  }

  private func changing(
    _ made: [Int: [String: Tensor]],
    in cut: LanguageModel
  ) throws -> LanguageModel {
    let roles = Set(made.values.flatMap(\.keys))
    let model = cut.addingBiases(
      toAttention: roles.contains(WeightRole.outputBias.rawValue),
      toMLP: roles.contains(WeightRole.downBias.rawValue)
    )
    var new: [WeightID: Tensor] = [:]
    for (block, changed) in made {
      for (name, tensor) in changed {
        guard let role = WeightRole(rawValue: name) else { continue }
        let id = WeightID(role, block: block)
        guard role.kind == .bias else {
          new[id] = tensor
          continue
        }
        let old = try model.weights.tensor(id, dtype: .float32, device: context.device)
        new[id] = try model.rounded(old + tensor, as: id)
      }
    }
    guard !new.isEmpty else { return model }
    let stem = Self.fileName.split(separator: ".")[0]
    let path = FileSystem.unusedPath("\(context.scratch)/\(stem)", extension: "safetensors")
    return try model.editing(new, at: path)
  }
}

extension Repair {
  /// What becomes of a projection, when it has the shape of what it replaces and is finite.
  func checked(
    _ cut: ProjectionCut,
    _ statistics: Statistics,
    of whole: LanguageModel
  ) throws -> RepairedProjection {
    let repaired = try repaired(cut, statistics)
    guard repaired.addedBias == nil || addsBiases else {
      throw DataError("gave a bias, though its `addsBiases` says that it adds none")
    }
    for (what, new, shape) in [
      ("a weight", repaired.weight, cut.weight.shape),
      ("a bias", repaired.addedBias, Array(cut.weight.shape.prefix(1))),
    ] {
      guard let new else { continue }
      guard new.shape == shape else {
        throw DataError("gave \(what) of the shape \(new.shape), where \(shape) was expected")
      }
      guard try new.allFinite() else {
        try whole.requireFiniteWeights()
        throw DataError("gave \(what) with values that are not finite")
      }
    }
    return repaired
  }
}
