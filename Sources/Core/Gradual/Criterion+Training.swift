import BillhookEngine
package import BillhookModels

extension Criterion {
  /// Why it cannot score units while a recovery trains, and what to do; nil where it can.
  ///
  /// - Parameters:
  ///   - units: The units of the blocks in which some may go.
  ///   - recovery: The recovery.
  ///   - model: The model that it trains.
  /// - Returns: A sentence that begins with what the criterion does.
  package func obstacle(
    toScoring units: [BlockUnits],
    in recovery: any TrainingRecovery,
    of model: LanguageModel
  ) -> String? {
    let name = type(of: recovery).name
    switch self {
    case let criterion as any UpdateCriterion:
      guard !recovery.trainsWeights else {
        return
          "scores by the gradients of low-rank updates, and `recover \(name)` trains whole weights; "
          + "write `recover lora`, or `by taylor`"
      }
      return lacking(units, criterion.reduction, recovery, model).map { lacking in
        "scores \(lacking.units) by the updates of all their projections, and `recover \(name)` trains "
          + "none of \(lacking.roles); add to its `targets` what is missing"
      }
    case let criterion as any SaliencyCriterion where criterion.evidence.isEmpty: return nil
    case let criterion as any SaliencyCriterion:
      guard criterion.evidence.allSatisfy({ $0.identity == Gradients(.mean).identity }) else {
        let names = Set(criterion.evidence.map(\.signature)).sorted().joined(separator: ", ")
        return
          "needs `\(names)`, and a step of a training has only the gradients of its mean loss; write "
          + "`by lora_taylor`, `by magnitude`, or with `recover cpt` `by taylor` as it is by default"
      }
      guard recovery.trainsWeights else {
        return
          "needs gradients of the weights themselves, which are frozen in `recover \(name)`; write "
          + "`by lora_taylor`, or `recover cpt`"
      }
      return lacking(units, criterion.reduction, recovery, model).map { lacking in
        "scores \(lacking.units) by gradients, and `recover \(name)` does not train \(lacking.roles); "
          + "train the block, or keep it"
      }
    default:
      return "has no value for each weight that a training could give it; write `by lora_taylor`, "
        + "`by magnitude`, or with `recover cpt` `by taylor`"
    }
  }

  /// The first block with weights that the units are scored by and a recovery does not train.
  private func lacking(
    _ units: [BlockUnits],
    _ reduction: SaliencyReduction,
    _ recovery: any TrainingRecovery,
    _ model: LanguageModel
  ) -> (units: String, roles: String)? {
    let trained = recovery.trainedWeights(of: model)
    for block in units {
      let missing = block.slices.map(\.weight).filter {
        reduction.kinds.contains($0.role.kind) && !trained.contains($0)
      }
      guard !missing.isEmpty else { continue }
      let roles = missing.map { "`\($0.role.rawValue)`" }.joined(separator: ", ")
      return (block.kind, "\(roles) of block \(block.block)")
    }
    return nil
  }
}
