/// How a model is trained; every recovery that uses the training loop has these settings.
public struct TrainingSettings: Sendable, Equatable {
  /// Which weights a training ends with.
  public enum Result: String, Sendable, CaseIterable {
    /// Those of the last step.
    case last
    /// Those with the smallest loss on the held-out windows.
    case best
  }

  /// What is kept of a pass forward until the way back.
  public enum Activations: String, Sendable, CaseIterable {
    /// Everything that gradients need.
    case keep
    /// What enters each block, which is then computed a second time.
    case recompute
  }

  /// The learning rate at its highest.
  public var learningRate = 1e-4
  /// How the learning rate goes down.
  public var schedule = LearningRate.Schedule.linear
  /// The first steps, in which the learning rate rises; nil for 100, but at most a tenth of all.
  public var warmup: StepCount?
  /// The last steps of a `warmup_stable_decay` schedule, in which the learning rate falls.
  public var decay = StepCount.share(0.2)
  /// The share of the learning rate that is left at the end of a schedule that falls.
  public var finalShare = 0.0

  /// The windows of a step.
  public var batch = 64
  /// The windows that run at once; nil for as many as hold 2048 tokens.
  public var microBatch: Int?
  /// How often all windows are used.
  public var epochs: Int?
  /// The number of steps.
  public var steps: Int?
  /// The number of tokens that are trained on; the step that reaches it is the last.
  public var tokens: TokenCount?

  /// How much of the running mean of the gradients stays at each step.
  public var beta1 = 0.9
  /// How much of the running mean of the squared gradients stays at each step.
  public var beta2 = 0.999
  /// What is added to the root of the mean square.
  public var epsilon = 1e-8
  /// The share of a weight that a step with a learning rate of 1 takes away.
  public var weightDecay = 0.0
  /// Whether norms, biases and embeddings decay as well.
  public var decaysAll = false
  /// The norm that all gradients together are scaled down to; 0 for none.
  public var clip = 1.0

  /// Whether windows are used in a new random order in each epoch.
  public var shuffle = true
  /// Where random numbers start: order, first values, dropout.
  public var seed = 0
  /// The windows that are kept out of the training, to measure on; nil for none.
  public var heldOut: Int?
  /// After how many steps the held-out windows are measured; nil for a tenth of all steps.
  public var evaluateEvery: Int?
  /// Which weights the training ends with.
  public var result = Result.last

  /// How often the training is saved, so that it can go on from there.
  public var checkpoint = CheckpointInterval.minutes(10)
  /// What is kept of a pass forward; nil for everything where that fits well into memory.
  public var activations: Activations?

  /// The defaults.
  public init() {}

  /// Checks what no single range can say.
  ///
  /// - Throws: `ParameterProblem`.
  public func validate() throws(ParameterProblem) {
    let lengths = [("epochs", epochs != nil), ("steps", steps != nil), ("tokens", tokens != nil)]
    let set = lengths.filter(\.1).map(\.0)
    if set.count > 1 {
      let names = set.map { "`\($0)`" }.joined(separator: " and ")
      throw ParameterProblem(set[1], "\(names) both say how long to train; keep one")
    }
    if let microBatch, microBatch > batch {
      throw ParameterProblem(
        "micro_batch",
        "\(microBatch) windows are more than `batch = \(batch)`"
      )
    }
    if let steps { _ = try LearningRate(self, steps: steps) }
    guard heldOut == nil else { return }
    if result == .best {
      throw ParameterProblem("result", "`best` needs windows to measure on; set `held_out`")
    }
    if evaluateEvery != nil {
      throw ParameterProblem("evaluate_every", "needs windows to measure on; set `held_out`")
    }
  }
}
