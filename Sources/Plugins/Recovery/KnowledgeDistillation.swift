import BillhookCore

/// Distillation: all weights learn from a teacher, usually the model before it was pruned.
///
/// Source: see `Distillation`.
struct KnowledgeDistillation: TrainingRecovery {
  static let name = "distill"
  static let summary = "Distillation: weights learn from the model as it was opened, or another."

  static let reference: Reference? = Reference(
    formula: """
      loss of a token = (1 - share) · CE + share · T² · KL(teacher ‖ student)
                      + hidden · Σ over blocks of ‖h - h_t‖² / ‖h_t‖²

      CE: cross entropy of the data; T: the temperature that divides logits
      h, h_t: hidden states after a block of the student, and of the teacher
      """,
    papers: [.distillation.part("section 2"), .tinyBERT.part("equation 8")],
    differences: [
      "TinyBERT maps hidden states by a learnt matrix and takes the plain squared error. "
        + "Here blocks are compared by their numbers, without a matrix, relative to the "
        + "teacher's states."
    ]
  )

  /// The directory of the teacher; nil for the model as it was opened.
  var teacher: ModelPath?
  /// The temperature, by which logits are divided.
  var temperature = 1.0
  /// The share of the teacher in the loss of a token; the rest is the data's.
  var share = 0.5
  /// The weight of the distance between hidden states.
  var hidden = 0.0
  /// The blocks that are trained, by their numbers in the model as it was opened; nil for all
  /// weights, the embedding and the output head included.
  var blocks: [Int]?
  var training = ContinuedPretraining().training

  static let parameters =
    [
      Parameter<Self>("teacher", \.teacher, help: "model directory; without it, the opened model"),
      Parameter("temperature", \.temperature, in: 0.01...1000, help: "what logits are divided by"),
      Parameter("share", \.share, in: 0...1, help: "share of the teacher in a token's loss"),
      Parameter("hidden", \.hidden, in: 0...1e6, help: "weight of distances of hidden states"),
      Parameter("train", \.blocks, help: "blocks that are trained; unless set, everything"),
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) { try training.validate() }

  func validate(for opened: LanguageModel) throws(ParameterProblem) {
    try opened.require(blocks: blocks)
    guard let path = teacher?.path else { return }
    let known: ModelConfiguration
    do {
      known = try LanguageModel(opening: path).configuration
    } catch {
      throw ParameterProblem("teacher", "\(error)")
    }
    let taught = opened.configuration
    guard taught.vocabularySize == known.vocabularySize else {
      throw ParameterProblem(
        "teacher",
        "knows \(known.vocabularySize) tokens and the model \(taught.vocabularySize); both need "
          + "the same tokenizer"
      )
    }
    guard hidden == 0 || taught.hiddenSize == known.hiddenSize else {
      throw ParameterProblem(
        "hidden",
        "the teacher's hidden states have \(known.hiddenSize) channels and the model's "
          + "\(taught.hiddenSize); leave it out"
      )
    }
  }

  var trainsWeights: Bool { true }

  func trainedCount(of model: LanguageModel) -> Int { model.parameterCount(inBlocks: blocks) }

  func trainedWeights(of model: LanguageModel) -> Set<WeightID> { model.weights(inBlocks: blocks) }

  func distillation(from opened: LanguageModel) throws -> Distillation? {
    Distillation(
      from: try teacher.map { try LanguageModel(opening: $0.path) } ?? opened,
      temperature: temperature,
      share: share,
      hidden: hidden
    )
  }

  func train(
    _ model: LanguageModel,
    on tokens: TokenSet,
    _ context: RecoveryContext
  ) throws -> LanguageModel {
    var training = try Training(
      WholeWeights(of: model, inBlocks: blocks, device: context.run.device),
      on: tokens,
      training,
      epochs: 1,
      distillation: distillation(from: context.opened),
      context
    )
    return try training.run()
  }
}
