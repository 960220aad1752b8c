public import BillhookCore
import Synchronization

extension TrainingCurve {
  /// What a training came to.
  public struct Outcome {
    /// The trained model.
    public let model: LanguageModel
    /// The loss of each step that was taken.
    public let losses: [Double]
  }

  /// What is trained.
  public func trainee(dropout: Double = 0) throws -> any Trainee {
    guard let lowRank else {
      let trained = parts?.weights(of: model)
      return try WholeWeights(of: model, device: .cpu) { trained?.contains($0) ?? true }
    }
    return try LowRankWeights(
      of: model,
      roles: [.query, .key, .value, .output, .gate, .up, .down],
      fused: lowRank.isFused,
      rank: lowRank.rank,
      scale: lowRank.scale,
      dropout: dropout,
      seed: RandomSeed(0).derived("lora"),
      device: .cpu
    )
  }

  /// Trains the model.
  ///
  /// - Parameters:
  ///   - settings: How; nil for the curve's settings.
  ///   - folder: Where weights and checkpoints go.
  ///   - dropout: The dropout of low-rank updates.
  ///   - dtype: The type of the arithmetic.
  ///   - pieces: How blocks are cut into pieces; nil for as usual.
  ///   - observers: Whoever watches.
  ///   - handed: More observers, handed over by the context.
  ///   - predictions: What the teacher predicts; nil for one that runs in each step.
  ///   - hidden: The weight of hidden states; nil for that of the curve.
  ///   - stop: The number of steps after which the training is stopped; nil for none.
  /// - Returns: The model, with the losses of the steps that were taken now.
  /// - Throws: What the training throws, `Cancelled` where it is stopped.
  public func train(
    _ settings: TrainingSettings? = nil,
    in folder: String,
    dropout: Double = 0,
    dtype: DType = .float32,
    pieces: PieceSizes? = nil,
    observers: [any TrainingObserver] = [],
    handed: [any TrainingObserver] = [],
    learningFrom predictions: StoredPredictions? = nil,
    hidden: Double? = nil,
    stoppingAfter stop: Int? = nil
  ) throws -> Outcome {
    let losses = Mutex<[Double]>([])
    var context = RunContext(
      dtype: dtype,
      scratch: folder,
      progress: { event in
        if case .trained(let step) = event { losses.withLock { $0.append(step.loss) } }
      },
      isCancelled: { stop.map { limit in losses.withLock { $0.count >= limit } } ?? false }
    )
    context.pieces = pieces ?? context.pieces
    var training = try Training(
      trainee(dropout: dropout),
      on: tokens,
      settings ?? self.settings,
      epochs: 1,
      distillation: distillation(learningFrom: predictions, hidden: hidden),
      observers: observers,
      RecoveryContext(run: context, opened: opened, folder: folder, observers: handed)
    )
    let trained = try training.run()
    return Outcome(model: trained, losses: losses.withLock { $0 })
  }

  /// What the teacher predicts of the curve's tokens.
  ///
  /// - Parameters:
  ///   - kept: So many of its likeliest tokens, or all.
  ///   - folder: Where they are put.
  /// - Returns: The predictions.
  /// - Throws: What running the teacher throws.
  public func predictions(keeping kept: Int?, in folder: String) throws -> StoredPredictions {
    try Traversal(opened, RunContext(scratch: folder)).gatherPredictions(
      on: tokens,
      keeping: kept,
      temperature: lesson?.temperature ?? 1,
      in: "\(folder)/predictions"
    )
  }

  private func distillation(
    learningFrom predictions: StoredPredictions?,
    hidden: Double?
  ) throws -> Distillation? {
    guard let lesson else { return nil }
    guard let predictions else {
      return Distillation(
        from: opened,
        by: lesson.divergence,
        temperature: lesson.temperature,
        share: lesson.share,
        hidden: hidden ?? lesson.hidden
      )
    }
    let distillation = Distillation(
      keeping: predictions.shape.kept,
      by: lesson.divergence,
      temperature: lesson.temperature,
      share: lesson.share
    )
    return try distillation.learning(from: predictions, of: tokens)
  }
}
