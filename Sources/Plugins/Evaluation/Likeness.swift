import BillhookCore

/// How much a model predicts like the one that the recipe opened, or another.
struct Likeness: ReferenceEvaluation {
  static let name = "likeness"
  static let summary = "How much a model predicts like the opened one or another: KL divergence."
  static let namedParameters: Set = ["k"]
  static let parameters = [
    Parameter<Likeness>(
      "k",
      \.kept,
      help: "how many of that model's likeliest tokens are compared one by one, or `all`"
    ),
    Parameter(
      "reference",
      \.referenceModel,
      help: "model directory, or GGUF file, to compare with; without it, the opened model"
    ),
  ]

  static let reference: Reference? = Reference(
    formula: """
      KL of a token  = Σ p (log p - log q) over the k likeliest tokens of the
                       reference, + P (log P - log Q)
      standard error = √((mean of squares - square of mean) / (n - 1))
      quantile f     = linear between the sorted values beside f (n - 1)
      same top       = share of tokens where p and q have the same largest;
                       its standard error is √(s (1 - s) / (n - 1))
      Δp             = q - p of the token that comes next in the text
      RMS Δp         = √(mean of Δp²); its standard error is that of Δp² by
                       2 RMS

      exact KL - KL  = P · KL(p / P ‖ q / Q) among the others: 0 or more, and
                       at most P (log min(1, p_k / P) + log Q - log min q)

      p, q: probabilities by the reference, which is the opened model unless
            another is named, and by the measured model
      P, Q: those of all other tokens together; both are 0 with k = all
      p_k: the least of the k; n: number of tokens
      """,
    papers: [.accuracyIsNotAll],
    differences: [
      "As `llama-perplexity --kl-divergence` of llama.cpp (tools/perplexity), which keeps all "
        + "probabilities of the base model in 16 bits each, down to e^-16 of the largest, and "
        + "leaves out terms with p < e^-16. Here the k likeliest are kept in f32, and the rest "
        + "as one mass.",
      "llama.cpp measures the second half of each window. Here every token counts that the "
        + "data's settings count.",
    ]
  )

  /// How many tokens are compared one by one.
  var kept = KeptTokens.likeliest(64)

  /// The directory or the GGUF file of the model to compare with; nil for the opened one.
  var referenceModel: ModelPath?

  var keptPredictions: Int? { kept.count }

  func validate(for opened: LanguageModel) throws(ParameterProblem) {
    guard let path = referenceModel?.path else { return }
    let other: LanguageModel
    do {
      other = try LanguageModel(opening: path)
    } catch {
      throw ParameterProblem("reference", "\(error)")
    }
    guard let problem = opened.vocabularyProblem(beside: other) else { return }
    throw ParameterProblem("reference", problem)
  }

  /// The divergence with its error and quantiles, the share of same top tokens, and the change of the
  /// right token's probability; percentages as such.
  func measure(
    _ model: LanguageModel,
    on tokens: TokenSet,
    beside reference: StoredPredictions,
    _ context: RunContext
  ) throws -> [Metric] {
    let count = reference.shape.count
    var same = 0
    let divergences = try Tensor.zeros([count], dtype: .float64)
    let changes = try Tensor.zeros([count], dtype: .float64)
    try Traversal(model, context).predictOwnPart(of: tokens) { seen in
      for part in try seen.narrowed(to: reference.shape.vocabulary).parts {
        let given = try reference.predictions(at: part.places)
          .moved(to: context.device)
        let found = try Predictions(part, keeping: .same(as: given))
        try divergences.narrowed(0, to: part.places).copy(from: given.divergences(of: found))
        same += Int(try (given.top .== found.top).sum(dtype: .int64).scalar())
        let change = try found.targets.to(.float64).exp() - given.targets.to(.float64).exp()
        try changes.narrowed(0, to: part.places).copy(from: change)
      }
    }
    // What one process found is zero in all others, so that adding them up changes no bit.
    try context.processes.meet(at: "the likeness at \(count) targets")
    try context.processes.sum([divergences, changes])
    same = Int(try context.processes.gather([Double(same)]).joined().reduce(0, +))
    let divergence = SampleStatistics(try divergences.doubles())
    let change = SampleStatistics(try changes.doubles())
    let share = Double(same) / Double(count)
    let kept = reference.shape.kept
    let rest = try kept == nil ? nil : rounded(100 * reference.meanRest())
    let note =
      "beside \(referenceModel.map { $0.directory.name.literalText } ?? "the opened model"), "
      + (rest.map { "k = \(kept ?? 0), the rest (\($0) %) as one mass" } ?? "all tokens compared")
      + "; \(tokens.note), \(counted(count, "token"))"
    func metric(_ name: String, _ value: Double, _ error: Double? = nil) -> Metric {
      Metric(
        name: name + (self.kept == Likeness().kept ? "" : " k=\(self.kept.literalText)"),
        value: value,
        error: error,
        protocolNote: note
      )
    }
    return [
      metric("KL", divergence.mean, divergence.error),
      metric(
        "same top %",
        100 * share,
        100 * SampleStatistics.error(ofShare: share, of: count)
      ),
      metric("KL median", divergence.median),
      metric("KL 90%", divergence.quantile(0.9)),
      metric("KL 95%", divergence.quantile(0.95)),
      metric("KL 99%", divergence.quantile(0.99)),
      metric("Δp %", 100 * change.mean, 100 * change.error),
      metric("RMS Δp %", 100 * change.rootMeanSquare, 100 * change.errorOfRootMeanSquare),
    ]
  }
}
