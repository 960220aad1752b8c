import BillhookCore
import BillhookPipeline

extension Trial {
  /// Measures the same model on the same data in several ways.
  func check(_ evaluation: any Evaluation, _ verdict: inout Verdict) {
    let what = "metrics of \(name)"
    guard let data = verdict.answer("its data", { try data(for: evaluation) }) else { return }
    let tokens = data.tokens
    func metrics(_ tokens: TokenSet, _ size: Int? = nil) throws -> [Metric] {
      let context = context(tokensAtOnce: size)
      guard let evaluation = evaluation as? any ReferenceEvaluation else {
        return try evaluation.measure(model, on: tokens, context)
      }
      return try measure(evaluation, on: tokens, context)
    }
    guard let expected = verdict.answer(what, { try metrics(tokens) }) else { return }
    verdict.require(!expected.isEmpty, .finite, "there are no \(what)")
    for metric in expected {
      verdict.require(
        metric.numbers.allSatisfy(\.isFinite),
        .finite,
        "\(what): `\(metric.name)` is not finite"
      )
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
    let ofModel = evaluation as? any ModelEvaluation
    if let ofModel { check(ofModel, what, &verdict) }
    // What a clock measures differs each time.
    let isOfMachine = ofModel.map { type(of: $0).isOfMachine } ?? false
    if !isOfMachine { checkRepeating(expected, what, data, metrics, &verdict) }
    let place = ofModel == nil ? " on \(data.name)" : ""
    checkResuming(
      { _ in
        data.statement + "evaluate \(evaluation.recipeName)\(place)\(braces(evaluation))"
      },
      with: evaluation,
      inStage: "evaluate",
      &verdict
    ) { outcome, _ in
      let metrics = outcome.report.rows.flatMap(\.metrics)
      return isOfMachine ? "\(metrics.map(\.name))" : "\(metrics)"
    }
  }

  /// Measures the model without one of its blocks, beside the whole one.
  private func measure(
    _ evaluation: any ReferenceEvaluation,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let reference = try Traversal(model, context).gatherPredictions(
      on: tokens,
      keeping: evaluation.keptPredictions,
      in: place("predictions")
    )
    var gates = model.gates
    gates.closedBlocks.insert(model.blocks[1].sourceIndex)
    let cut = try model.removing(gates)
    return try evaluation.measure(cut, on: tokens, beside: reference, context)
  }

  /// Checks an evaluation that measures a model by itself.
  private func check(_ evaluation: any ModelEvaluation, _ what: String, _ verdict: inout Verdict) {
    do throws(ParameterProblem) {
      try evaluation.validate(for: model)
    } catch {
      verdict.note(.answers, "\(what): \(error.message)")
    }
    let memory = evaluation.memory(of: model, dtype: .float32)
    verdict.require(memory >= 0, .declared, "\(what) are said to take \(memory) bytes of memory")
  }

  /// Measures the same model on the same data, cut into batches in several ways.
  private func checkRepeating(
    _ expected: [Metric],
    _ what: String,
    _ data: EvaluationData,
    _ metrics: (TokenSet, Int?) throws -> [Metric],
    _ verdict: inout Verdict
  ) {
    let tokens = data.tokens
    let again = verdict.answer(what) { try metrics(tokens, nil) }
    verdict.require(
      again?.map(\.value.bitPattern) == expected.map(\.value.bitPattern),
      .deterministic,
      "\(what) differ from one call to the next"
    )
    let splits: [(String, TokenSet, Int?)] =
      Self.batchSizes.map { ("when \($0) tokens run at once", tokens, $0) }
      + [("with the windows in another order", data.reversed, nil)]
    for (condition, tokens, size) in splits {
      guard let found = verdict.answer(what, { try metrics(tokens, size) }) else { return }
      verdict.require(
        found.map(\.value),
        equal: expected.map(\.value),
        .batches,
        "\(what) are different \(condition)"
      )
    }
  }

  private func braces(_ plugin: any Plugin) -> String {
    let settings = plugin.recipeSettings
    return settings.isEmpty ? "" : " { \(settings.joined(separator: ", ")) }"
  }
}
