import BillhookCore

extension Trial {
  /// Quantises a whole model and a sparse one, in both sizes of codes, and looks at what becomes of them.
  func check(_ quantiser: any Quantiser, _ verdict: inout Verdict) {
    for size in ["int4", "int8"] {
      var settings = QuantisingSettings()
      settings.precision = size == "int4" ? .int4 : .int8
      settings.group = .row
      settings.isSymmetric = size == "int4"
      check(quantiser, settings, &verdict)
    }
    checkResuming(
      { place in
        """
        quantise weight on windows { by \(quantiser.recipeText()), group = none }
        save "\(place)/out"
        """
      },
      with: quantiser,
      inStage: "quantise",
      &verdict
    ) { _, place in try hash(of: "\(place)/out") }
  }

  private func check(
    _ quantiser: any Quantiser,
    _ settings: QuantisingSettings,
    _ verdict: inout Verdict
  ) {
    let what = "\(name) in \(settings.precision.rawValue)"
    let quantising = Quantising(settings, by: quantiser, keep: Keep())
    guard quantising.obstacle(on: model, openedBlocks: model.blocks.count) == nil else { return }
    func quantised(tokensAtOnce: Int? = nil) throws -> LanguageModel {
      let folder = place("quantised")
      let context = context(tokensAtOnce: tokensAtOnce, scratch: "\(folder)/scratch")
      let pass = QuantisingPass(quantising, openedBlocks: model.blocks.count, context, in: folder)
      return try pass.run(model, on: tokens)
    }
    guard let made = verdict.answer(what, { try quantised() }) else { return }
    if let furthest = verdict.answer(what, { try distance(made) }) {
      verdict.require(
        furthest <= 1,
        .finite,
        "\(what): the numbers of a row differ by more than its largest one"
      )
    }
    checkSparse(quantising, what, &verdict)
    if let again = verdict.answer(what, { try quantised() }) {
      let differing = verdict.answer(what) { try codesDiffering(made, again) } ?? 0
      verdict.require(differing == 0, .deterministic, "\(what) differs from one call to the next")
    }
    for size in Self.batchSizes {
      guard let other = verdict.answer(what, { try quantised(tokensAtOnce: size) }) else { return }
      let differing = verdict.answer(what) { try codesDiffering(made, other) } ?? 0
      verdict.require(
        differing <= 0.01,
        .batches,
        "\(what) is different when \(size) tokens run at once"
      )
    }
  }

  /// Quantises the model with half of its weights held at zero, which have to stay zero.
  private func checkSparse(_ quantising: Quantising, _ what: String, _ verdict: inout Verdict) {
    guard let magnitude = Self.magnitude else { return }
    let setting = SparseSetting(AnyWeight(group: .row), by: magnitude)
    guard let sparse = verdict.answer(what, { try masked(by: setting, on: tokens) }) else { return }
    // The pass itself refuses zeros that were filled.
    _ = verdict.answer("\(what), of which half is held at zero", breaking: .holdsMask) {
      let folder = place("quantised")
      let context = context(scratch: "\(folder)/scratch")
      return try QuantisingPass(quantising, openedBlocks: model.blocks.count, context, in: folder)
        .run(sparse, on: tokens)
    }
  }

  /// How far a weight is from what it was at most, by the largest of its row.
  private func distance(_ made: LanguageModel) throws -> Double {
    try made.schemes.keys.map { id in
      let before = try model.weights.tensor(id, dtype: .float32, device: .cpu)
      let after = try made.weights.tensor(id, dtype: .float32, device: .cpu)
      let largest = try (before.abs().max(1) + 1e-6).unsqueezed(1)
      return try ((after - before).abs() / largest).max().scalar()
    }
    .max() ?? 0
  }

  /// The share of codes that differ.
  private func codesDiffering(_ one: LanguageModel, _ other: LanguageModel) throws -> Double {
    var (different, all) = (0.0, 0.0)
    for id in one.schemes.keys {
      guard let mine = try one.weights.quantised(id), let theirs = try other.weights.quantised(id)
      else { continue }
      different += try (.!(mine.codes() .== theirs.codes())).sum(dtype: .int64).scalar()
      all += Double(mine.shape.reduce(1, *))
    }
    return different / max(1, all)
  }
}
