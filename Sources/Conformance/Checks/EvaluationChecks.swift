import BillhookCore

extension Trial {
  /// Measures the same model on the same data in several ways.
  func check(_ evaluation: any Evaluation, _ verdict: inout Verdict) {
    let what = "metrics of \(name)"
    func metrics(_ tokens: TokenSet, _ size: Int? = nil) throws -> [Metric] {
      try evaluation.measure(model, on: tokens, context(tokensAtOnce: size))
    }
    guard let expected = verdict.answer(what, { try metrics(tokens) }) else { return }
    verdict.require(!expected.isEmpty, .finite, "there are no \(what)")
    for metric in expected {
      verdict.require(!metric.value.isNaN, .finite, "\(what): `\(metric.name)` is no number")
      verdict.require(
        !metric.name.isEmpty && !metric.protocolNote.isEmpty,
        .declared,
        "\(what): a metric has no name, or does not say how it was measured"
      )
    }
    verdict.require(
      Set(expected.map(\.name)).count == expected.count,
      .declared,
      "\(what): two have the same name"
    )
    let again = verdict.answer(what) { try metrics(tokens) }
    verdict.require(
      again?.map(\.value.bitPattern) == expected.map(\.value.bitPattern),
      .deterministic,
      "\(what) differ from one time to the next"
    )
    let splits: [(String, () throws -> [Metric])] =
      Self.batchSizes.map { size in
        ("when \(size) tokens run at once", { try metrics(tokens, size) })
      }
      + [("with the windows in another order", { try metrics(reversedTokens) })]
    for (way, measure) in splits {
      guard let found = verdict.answer(what, measure) else { return }
      verdict.require(
        found.map(\.value),
        equal: expected.map(\.value),
        .batches,
        "\(what) are others \(way)"
      )
    }
    checkResuming(
      { _ in "evaluate \(evaluation.recipeName) on windows\(braces(evaluation))" },
      with: evaluation,
      inStage: "evaluate",
      &verdict
    ) { outcome, _ in "\(outcome.report.rows.flatMap(\.metrics))" }
  }

  private func braces(_ plugin: any Plugin) -> String {
    let settings = plugin.recipeSettings
    return settings.isEmpty ? "" : " { \(settings.joined(separator: ", ")) }"
  }
}
