package import BillhookCore

extension RecoverStep {
  package func memory(on model: LanguageModel, _ needs: StepNeeds) throws -> MemoryEstimate? {
    guard let recovery = recovery as? any TrainingRecovery else { return nil }
    let length = needs.inputs.data[data]?.windows.length
    let needed = try recovery.memory(
      of: model,
      beside: needs.opened ?? model,
      window: needs.isShort ? length ?? 1 : needs.window(of: data, for: recovery),
      dtype: needs.inputs.model.dtype,
      on: needs.device,
      microBatch: needs.isShort ? 1 : nil
    )
    var estimate = MemoryEstimate(
      bytes: needs.isShort
        ? needed.total(.inputs)
        : needed.total(recovery.training.activations, within: needs.limit),
      isLeast: false
    )
    if length == nil, !needs.isShort {
      estimate.method = "\(TokenBatch.tokensToTrainOn) tokens at once"
    }
    guard let gathering = try teaching?.memory(beside: needs.opened ?? model, needs) else {
      return estimate
    }
    return estimate.bytes < gathering.bytes ? gathering : estimate
  }

  /// Which settings would make the training fit; nil where the defaults fit.
  package func remedy(
    on model: LanguageModel,
    _ needs: StepNeeds,
    within available: Int
  ) throws -> String? {
    guard let recovery = recovery as? any TrainingRecovery else { return nil }
    let gathering = try teaching?.memory(beside: needs.opened ?? model, needs)
    if let teaching, let gathering, gathering.bytes > available {
      return
        "gathering the \(teaching.stage(needs.inputs)) takes \(gathering.text): shorter windows "
        + "(`length`) or fewer (`samples`) need less, and without `kept` the teacher runs in each step "
        + "instead"
    }
    let window = needs.window(of: data, for: recovery)
    let choices: [(String, Int?, KeptOfBlocks)] = [
      ("`activations = recompute`", nil, .inputs),
      ("`activations = recompute` and `micro_batch = 1`", 1, .inputs),
    ]
    for (words, microBatch, keeping) in choices {
      let needed = try recovery.memory(
        of: model,
        beside: needs.opened ?? model,
        window: window,
        dtype: needs.inputs.model.dtype,
        on: needs.device,
        microBatch: microBatch
      ).total(keeping)
      if needed <= available { return "\(words) takes about \(MemoryEstimate.shown(needed))" }
    }
    return Self.fewerWeights(recovery)
  }

  /// How to train fewer weights, by the settings that the recovery has.
  private static func fewerWeights<R: TrainingRecovery>(_ recovery: R) -> String {
    let names = Set(R.parameters.map(\.name))
    let remedies = [
      names.contains("rank") ? "a smaller `rank`" : "low-rank updates (`lora`)",
      names.contains("targets") ? "fewer `targets`" : nil,
      names.contains("train") ? "fewer blocks (`train = […]`)" : nil,
    ]
    return "fewer trained weights, or shorter windows, would need less: "
      + remedies.compactMap(\.self).joined(separator: ", ")
  }

  package func disk(
    on model: LanguageModel,
    _ needs: StepNeeds,
    after derivation: [String]
  ) throws -> DiskNeed? {
    guard let recovery = recovery as? any TrainingRecovery else { return nil }
    let trained = 4 * recovery.trainedCount(of: model)
    // A checkpoint has each value with two means, and is there until the next one is whole; the best
    // weights so far lie beside it.
    let gathering = try teaching?.passing(beside: needs.opened ?? model, needs) ?? 0
    return DiskNeed(
      kept: trained,
      passing: max(7 *| trained, gathering),
      shared: try teaching?.disk(on: model, needs)
    )
  }
}
