import BillhookCore

/// Trains the norms, and leaves everything else as it is.
///
/// Source: Zhao et al., Tuning LayerNorm in Attention, 2023, arXiv 2312.11420: its simple variant.
struct NormTuning: TrainingRecovery {
  static let name = "norm_tuning"
  static let summary = "Trains the norms, and leaves everything else as it is."

  var training = TrainingSettings()

  static let parameters = TrainingSettings.parameters(at: \NormTuning.training)

  let trainsWeights = true

  let usualEpochs = 1

  /// The elements of all norms.
  func trainedCount(of model: LanguageModel) -> Int {
    model.configuration.allWeights.filter { isTrained($0.id) }
      .reduce(0) { $0 + $1.shape.reduce(1, *) }
  }

  /// The model with other norms.
  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    let norms = try WholeWeights(of: model, device: context.run.device, where: isTrained)
    var training = try Training(norms, on: tokens, training, epochs: usualEpochs, context)
    return try training.run()
  }

  private func isTrained(_ weight: WeightID) -> Bool { weight.role.kind == .norm }
}
