import BillhookCore
import BillhookModels
import BillhookTorch

/// Continued pretraining: all weights are trained on plain text.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 3.3; the defaults are those
/// of the authors' model cards.
struct ContinuedPretraining: Recovery {
  static let name = "cpt"
  static let summary = "Continued pretraining: weights are trained in full on plain text."

  /// The blocks that are trained, by their numbers in the model as it was opened; nil for all, and
  /// the embedding and the exit as well.
  var blocks: [Int]?
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
      Parameter<Self>("train", \.blocks, help: "blocks that are trained; without it, everything")
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) { try training.validate() }

  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    let trainee = try WholeWeights(of: model, inBlocks: blocks, device: context.run.device)
    var training = try Training(trainee, on: tokens, training, epochs: 1, context)
    return try training.run()
  }
}

extension WholeWeights {
  /// The weights of some blocks, or everything.
  ///
  /// - Throws: `TrainingError` when a block is not there.
  init(of model: LanguageModel, inBlocks numbers: [Int]?, device: Device) throws {
    guard let numbers else {
      try self.init(of: model, device: device)
      return
    }
    let known = model.blocks.map(\.sourceIndex)
    if let missing = numbers.first(where: { !known.contains($0) }) {
      let list = known.map(String.init).joined(separator: ", ")
      throw TrainingError("`train` names block \(missing), but the model has only \(list)")
    }
    try self.init(of: model, device: device) { $0.block.map(numbers.contains) ?? false }
  }
}
