import BillhookCore

extension Trial {
  /// Looks at what is zero: what masks take away, and nothing else is changed.
  ///
  /// - Parameters:
  ///   - sparse: The model with masks.
  ///   - start: The model before it got them; nil for that of the trial.
  ///   - setting: What chose them.
  ///   - what: What messages call the model with masks.
  ///   - verdict: Takes what is wrong.
  func checkZeros(
    _ sparse: LanguageModel,
    since start: LanguageModel? = nil,
    _ setting: SparseSetting,
    _ what: String,
    _ verdict: inout Verdict
  ) {
    for (id, _) in model.configuration.allWeights {
      let found = verdict.answer(what) {
        (
          before: try (start ?? model).weights.stored(id), after: try sparse.weights.stored(id),
          mask: try sparse.weights.mask(id)
        )
      }
      guard let (before, after, mask) = found else { return }
      guard setting.unit.roles.contains(id.role), let mask else {
        let isSame = verdict.answer(what) { try after.hasSameBytes(as: before) } ?? true
        verdict.require(isSame, .holdsMask, "\(what): \(id) has no mask, and was changed")
        continue
      }
      let isRepaired = setting.repair != nil
      let holds = verdict.answer(what) {
        try after.hasSameBytes(as: (isRepaired ? after : before).keeping(mask))
      }
      verdict.require(
        holds ?? true,
        .holdsMask,
        "\(what): \(id) is not as its mask leaves it: +0 where it takes away"
          + (isRepaired ? "" : ", and else as before")
      )
    }
  }
}
