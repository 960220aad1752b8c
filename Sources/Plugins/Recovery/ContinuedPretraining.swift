import BillhookCore

/// Continued pretraining: all weights are trained on plain text.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3.3; the defaults are those
/// of the authors' model cards.
struct ContinuedPretraining: TrainingRecovery {
  static let name = "cpt"
  static let summary = "Continued pretraining: all weights, or some, are trained on plain text."

  static let reference: Reference? = Reference(
    formula: """
      minimise over all weights: mean over tokens of -log p(token | tokens before)
      """,
    papers: [
      .shortenedLLaMA.part("section 3.3"), .layerPruning.part("last blocks and head, by `train`"),
    ],
    differences: [
      "The authors' code for it was not released. The betas of AdamW and its weight decay "
        + "are those of their model cards; the cosine schedule is a choice made here."
    ]
  )

  /// What is trained; nil for all weights, the embedding and the output head included.
  var trained: TrainedParts?
  var training = Self.defaults

  private static let defaults: TrainingSettings = {
    var settings = TrainingSettings()
    settings.beta2 = 0.95
    settings.weightDecay = 0.1
    settings.schedule = .cosine
    return settings
  }()

  static let parameters =
    [
      Parameter<Self>("train", \.trained, help: TrainedParts.help)
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) { try training.validate() }

  var usualEpochs: Int { 1 }

  var trainsWeights: Bool { true }

  var trainedParts: TrainedParts? { trained }

  func trainedCount(of model: LanguageModel) -> Int { model.parameterCount(of: trained) }

  func trainedWeights(of model: LanguageModel) -> Set<WeightID> { model.weights(of: trained) }

  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    let trainee = try WholeWeights(of: model, training: trained, device: context.run.device)
    var training = try Training(trainee, on: tokens, training, epochs: usualEpochs, context)
    return try training.run()
  }
}
