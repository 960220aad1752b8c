import BillhookEngine
import BillhookFiles
package import BillhookModels
import BillhookTorch

/// Makes up for a cut: measures the model before it, and adds to what is left behind it.
package struct Repairing {
  private let whole: LanguageModel
  private let context: RunContext

  /// Repairs of what is cut from a model.
  package init(_ whole: LanguageModel, _ context: RunContext) {
    self.whole = whole
    self.context = context
  }

  /// The cut model with biases that make up for what it lost.
  ///
  /// - Parameters:
  ///   - cut: What is left of the model.
  ///   - repair: What says how much is added.
  ///   - tokens: What is measured.
  /// - Returns: The cut model with other biases, kept in the scratch folder.
  /// - Throws: What the repair and its evidence throw.
  package func repair(
    _ cut: LanguageModel,
    by repair: any Repair,
    on tokens: TokenSet
  ) throws -> LanguageModel {
    let owner = "the repair `\(repair.signature)`"
    let made = try EvidencePass(repair.evidence, for: owner, of: whole, on: tokens, context)
      .blocks(kinds: [.projection]) { step, findings in
        var added: [String: Tensor] = [:]
        for projection in try projections(step, in: cut) {
          let role: WeightRole = projection.role == .output ? .outputBias : .downBias
          added[role.rawValue] = try repair.answer(
            at: "\(WeightID(projection.role, block: step.number))"
          ) {
            try repair.checkedBias(for: projection, findings, of: whole)
          }
        }
        return added
      }
    let added = made.mapValues { biases in
      biases.reduce(into: [WeightRole: Tensor]()) { added, bias in
        if let role = WeightRole(rawValue: bias.key) { added[role] = bias.value }
      }
    }
    return try adding(added, to: cut)
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
      let weight = try whole.weights.tensor(
        WeightID(role, block: number),
        dtype: .float32,
        device: context.device
      )
      found.append(ProjectionCut(role: role, weight: weight, columns: columns))
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

  private func adding(
    _ added: [Int: [WeightRole: Tensor]],
    to cut: LanguageModel
  ) throws -> LanguageModel {
    let roles = Set(added.values.flatMap(\.keys))
    let model = cut.addingBiases(
      toAttention: roles.contains(.outputBias),
      toMLP: roles.contains(.downBias)
    )
    var new: [WeightID: Tensor] = [:]
    for (block, biases) in added {
      for (role, bias) in biases {
        let id = WeightID(role, block: block)
        let old = try model.weights.tensor(id, dtype: .float32, device: context.device)
        new[id] = try old + bias
      }
    }
    guard !new.isEmpty else { return model }
    let path = FileSystem.unusedPath("\(context.scratch)/repaired", extension: "safetensors")
    return try model.editing(new, at: path)
  }
}

extension Repair {
  /// The bias for a cut, when it can be added.
  fileprivate func checkedBias(
    for cut: ProjectionCut,
    _ findings: Findings,
    of whole: LanguageModel
  ) throws -> Tensor {
    let bias = try bias(for: cut, findings)
    let shape = Array(cut.weight.shape.prefix(1))
    guard bias.shape == shape else {
      throw DataError("gave a bias of the shape \(bias.shape), where \(shape) was expected")
    }
    guard try bias.allFinite() else {
      try whole.requireFiniteWeights()
      throw DataError("gave a bias with values that are no numbers")
    }
    return bias
  }
}
