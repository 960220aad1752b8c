import BillhookCore

/// The exponential of the mean loss over all predicted tokens.
struct Perplexity: Evaluation {
  static let name = "perplexity"
  static let summary = "The exponential of the mean loss over all predicted tokens."

  static let reference: Reference? = Reference(
    formula: """
      perplexity = exp(-1/n · Σ log p(t_i | t_1 … t_i-1))

      t_i: token i of a window
      p:   the model's probability of it, after those before it in the window
      n:   how many tokens count: all that are predicted, or as the data says
      Σ:   over those of all windows
      """,
    papers: [.sparseGPT],
    differences: [
      "How texts become windows is up to the data, and stands beside the number. The paper cuts one long "
        + "text into windows of 2,048 tokens, none of which overlap."
    ]
  )

  /// One number, with how windows were cut and the number of tokens.
  ///
  /// - Throws: `DataError` where no token is predicted, or so badly that no number can hold the
  ///   perplexity.
  func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let loss = try Traversal(model, context).loss(on: tokens)
    guard loss.count > 0 else { throw DataError.nothingToPredict }
    guard loss.perplexity.isFinite || !loss.mean.isFinite else {
      throw DataError(
        "the mean loss is \(loss.mean) nats, whose exponential no number can hold: the model "
          + "is useless on this data"
      )
    }
    return [
      Metric(
        name: "perplexity",
        value: loss.perplexity,
        protocolNote: "\(tokens.note), \(counted(loss.count, "token"))"
      )
    ]
  }
}
