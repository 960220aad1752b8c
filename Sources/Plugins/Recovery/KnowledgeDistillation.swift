import BillhookCore

/// Distillation: all weights, or some, learn from a teacher, usually the model before it was pruned.
///
/// Source: see `Distillation`.
struct KnowledgeDistillation: TrainingRecovery {
  static let name = "distill"
  static let summary = "Distillation: weights learn from the model as it was opened, or another."

  static let reference: Reference? = Reference(
    formula: """
      loss of a token = (1 - share) · CE + share · T² · D
                      + hidden · Σ over blocks of ‖h - h_t‖² / ‖h_t‖²

      forward_kl      D = KL(p ‖ q) = Σ p (log p - log q)
      reverse_kl      D = KL(q ‖ p)
      jensen_shannon  D = β KL(p ‖ m) + (1 - β) KL(q ‖ m),  m = β p + (1 - β) q

      CE: cross entropy of the data; T: the temperature that divides logits
      p, q: softened probabilities of the teacher and of the student
      h, h_t: hidden states after a block of the student, and of the teacher

      kept = k: sums over the k likeliest tokens of the teacher and P, Q, the
      masses of all others. What is left out is 0 or more, for others p', q'
      that are made to sum to 1:
      forward_kl      P KL(p' ‖ q')
      reverse_kl      Q KL(q' ‖ p')
      jensen_shannon  at most β P log 1/β + (1 - β) Q log 1/(1 - β)
      """,
    papers: [
      .distillation.part("section 2"), .gkd.part("equation 1"), .miniLLM.part("reverse_kl"),
      .tinyBERT.part("equation 8"), .layerPruning.part("last blocks and head, by `train`"),
    ],
    differences: [
      "GKD's paper and TRL's `GKDTrainer` train on texts that the student writes as well. Here the data is "
        + "given. β is the teacher's share of the mixture, as in both (in early versions of TRL it was the "
        + "student's): β times forward_kl where it is small, 1 - β times reverse_kl near 1. Of 0 and 1 TRL "
        + "makes these two themselves; here they are refused: write them.",
      "TRL divides logits by its temperature and does not multiply by T². Here all divergences are "
        + "multiplied by it, as Hinton et al. do with the forward one, so that `share` means the same at "
        + "every temperature.",
      "MiniLLM minimises the reverse divergence of whole texts by policy gradients. Here it is that of "
        + "the next token at each position of the data.",
      "TinyBERT maps hidden states by a learnt matrix and takes the plain squared error. "
        + "Here blocks are compared by their numbers, without a matrix, relative to the "
        + "teacher's states.",
    ]
  )

  /// How the student is compared with the teacher.
  enum Loss: String, Choice {
    case forward = "forward_kl"
    case reverse = "reverse_kl"
    case jensenShannon = "jensen_shannon"
  }

  /// The directory or the GGUF file of the teacher; nil for the model as it was opened.
  var teacher: ModelPath?
  /// How many of the teacher's likeliest tokens are kept at each position, before the training; nil for a
  /// teacher that runs in each step of it.
  var kept: KeptTokens?
  /// The divergence of the student from the teacher.
  var loss = Loss.forward
  /// The share of the teacher in the mixture of `jensen_shannon`; nil for 0.5.
  var beta: Double?
  /// The temperature, by which logits are divided.
  var temperature = 1.0
  /// The share of the teacher in the loss of a token; the rest is the data's.
  var share = 0.5
  /// The weight of the distance between hidden states.
  var hidden = 0.0
  /// What is trained; nil for all weights, the embedding and the output head included.
  var trained: TrainedParts?
  var training = ContinuedPretraining().training

  static let parameters =
    [
      Parameter<Self>(
        "teacher",
        \.teacher,
        help: "model directory, or GGUF file; without it, the opened model"
      ),
      Parameter(
        "kept",
        \.kept,
        help: "how many of the teacher's likeliest tokens are kept at each position, or `all`: "
          + "the teacher runs once before the training; unless set, in each step"
      ),
      Parameter("loss", \.loss, help: "how the student is compared with the teacher"),
      Parameter(
        "beta",
        \.beta,
        in: 0.001...0.999,
        help: "the teacher's share of the mixture, for `jensen_shannon`; without it, 0.5"
      ),
      Parameter("temperature", \.temperature, in: 0.01...1000, help: "what logits are divided by"),
      Parameter("share", \.share, in: 0...1, help: "share of the teacher in a token's loss"),
      Parameter("hidden", \.hidden, in: 0...1e6, help: "weight of distances of hidden states"),
      Parameter("train", \.trained, help: TrainedParts.help),
    ] + TrainingSettings.parameters(at: \.training)

  func validate() throws(ParameterProblem) {
    if beta != nil, loss != .jensenShannon {
      throw ParameterProblem(
        "beta",
        "is for `loss = jensen_shannon`, and the loss is `\(loss.rawValue)`; leave one of them out"
      )
    }
    if kept != nil, hidden > 0 {
      throw ParameterProblem(
        "hidden",
        "compares hidden states with those of a teacher that runs in each step, and `kept` has none; "
          + "leave one of them out"
      )
    }
    try checkShare()
    try training.validate()
  }

  /// Refuses what has no effect where tokens learn nothing from the teacher.
  private func checkShare() throws(ParameterProblem) {
    guard share == 0 else { return }
    guard hidden > 0 else {
      throw ParameterProblem(
        "share",
        "is 0, so nothing is learnt from the teacher; set `hidden`, or write `recover cpt`"
      )
    }
    let unused = [
      ("loss", loss != .forward), ("beta", beta != nil), ("temperature", temperature != 1),
    ]
    guard let name = unused.first(where: \.1)?.0 else { return }
    throw ParameterProblem(name, "has no effect with `share = 0`; leave it out")
  }

  func validate(for opened: LanguageModel) throws(ParameterProblem) {
    guard let path = teacher?.path else { return }
    let model: LanguageModel
    do {
      model = try LanguageModel(opening: path)
    } catch {
      throw ParameterProblem("teacher", "\(error)")
    }
    if let problem = opened.vocabularyProblem(beside: model) {
      throw ParameterProblem("teacher", problem)
    }
    let (taught, known) = (opened.configuration, model.configuration)
    guard hidden == 0 || taught.hiddenSize == known.hiddenSize else {
      throw ParameterProblem(
        "hidden",
        "the teacher's hidden states have \(known.hiddenSize) channels and the model's "
          + "\(taught.hiddenSize); leave it out"
      )
    }
  }

  var usualEpochs: Int { 1 }

  var trainsWeights: Bool { true }

  var trainedParts: TrainedParts? { trained }

  func trainedCount(of model: LanguageModel) -> Int { model.parameterCount(of: trained) }

  func trainedWeights(of model: LanguageModel) -> Set<WeightID> { model.weights(of: trained) }

  /// The divergence with its settings.
  private var divergence: Divergence {
    switch loss {
    case .forward: .forward
    case .reverse: .reverse
    case .jensenShannon: .jensenShannon(beta: beta ?? 0.5)
    }
  }

  var keptTeacher: KeptTeacher? {
    kept.map { KeptTeacher(teacher, keeping: $0.count, temperature: temperature) }
  }

  func distillation(from opened: LanguageModel) throws -> Distillation? {
    let teacher = try teacher.map { try LanguageModel(opening: $0.path) } ?? opened
    if let kept {
      let vocabulary = min(
        opened.configuration.vocabularySize,
        teacher.configuration.vocabularySize
      )
      return Distillation(
        keeping: kept.count.flatMap { $0 < vocabulary ? $0 : nil },
        by: divergence,
        temperature: temperature,
        share: share
      )
    }
    return Distillation(
      from: teacher,
      by: divergence,
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
    var distillation = try distillation(from: context.opened)
    if let predictions = context.predictions {
      distillation = try distillation?.learning(from: predictions, of: tokens)
    }
    var training = try Training(
      WholeWeights(of: model, training: trained, device: context.run.device),
      on: tokens,
      training,
      epochs: usualEpochs,
      distillation: distillation,
      context
    )
    return try training.run()
  }
}
