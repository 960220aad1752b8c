import BillhookCore

extension Trial {
  /// Makes a model with masks again, which has to have the same bits.
  func checkAgain(
    _ made: LanguageModel,
    _ what: String,
    _ verdict: inout Verdict,
    _ make: () throws -> LanguageModel
  ) {
    guard let again = verdict.answer(what, make) else { return }
    let isSame = verdict.answer(what) {
      try model.configuration.allWeights.allSatisfy { id, _ in
        try again.weights.stored(id).hasSameBytes(as: made.weights.stored(id))
      }
    }
    verdict.require(
      isSame ?? true,
      .deterministic,
      "\(what) differ from one call to the next"
    )
  }

  /// Makes a model with masks in other batches, which have to be all but the same masks.
  func checkMaskBatches(
    _ made: LanguageModel,
    _ what: String,
    _ verdict: inout Verdict,
    _ make: (Int) throws -> LanguageModel
  ) {
    for size in Self.batchSizes {
      guard let other = verdict.answer(what, { try make(size) }) else { return }
      // Sums in another order may turn around what is all but equal.
      let differing = verdict.answer(what) { try differences(made, other) } ?? 0
      verdict.require(
        differing <= 0.002,
        .batches,
        "\(what) are different when \(size) tokens run at once"
      )
    }
  }

  /// The share of weights of which only one of two models has a zero.
  private func differences(_ one: LanguageModel, _ other: LanguageModel) throws -> Double {
    var (differing, all) = (0.0, 0.0)
    for (id, shape) in model.configuration.allWeights {
      guard let mine = try one.weights.mask(id), let theirs = try other.weights.mask(id) else {
        continue
      }
      let same = try (mine .& theirs) .| (.!(mine .| theirs))
      all += Double(shape.reduce(1, *))
      differing += Double(shape.reduce(1, *)) - (try same.sum(dtype: .int64).scalar())
    }
    return all > 0 ? differing / all : 0
  }
}
