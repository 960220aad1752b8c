/// How a model is trained; every recovery that uses the training loop has these settings.
public struct TrainingSettings: Sendable, Equatable {
  /// Which weights a training ends with.
  public enum Result: String, Sendable, CaseIterable {
    /// The weights of the last step.
    case last
    /// The weights with the smallest loss on the held-out windows.
    case best
  }

  /// What a forward pass keeps for the backward pass.
  public enum Activations: String, Sendable, CaseIterable {
    /// Everything that gradients need.
    case keep
    /// The input of each block, which is then computed a second time (activation checkpointing).
    case recompute
  }

  /// The highest learning rate.
  public var learningRate = 1e-4
  /// How the learning rate falls.
  public var schedule = LearningRate.Schedule.linear
  /// The first steps, in which the learning rate rises; nil for 100, but at most a tenth of all.
  public var warmup: StepCount?
  /// The last steps of a `warmup_stable_decay` schedule, in which the learning rate falls.
  public var decay = StepCount.share(0.2)
  /// The share of the learning rate that is left at the end of a schedule that falls.
  public var finalShare = 0.0

  /// The number of windows of a step.
  public var batch = 64
  /// The number of windows that run at once; nil for as many as hold 2048 tokens.
  public var microBatch: Int?
  /// The number of epochs.
  public var epochs: Int?
  /// The number of steps.
  public var steps: Int?
  /// The number of tokens to train on; the step that reaches it is the last.
  public var tokens: TokenCount?

  /// The decay rate of the running mean of the gradients.
  public var beta1 = 0.9
  /// The decay rate of the running mean of the squared gradients.
  public var beta2 = 0.999
  /// What is added to the square root of the mean square.
  public var epsilon = 1e-8
  /// The share of a weight that a step with a learning rate of 1 takes away.
  public var weightDecay = 0.0
  /// Whether norms, biases and embeddings decay as well.
  public var decaysAll = false
  /// The norm that all gradients together are clipped to; 0 for no clipping.
  public var clip = 1.0

  /// Whether windows are used in a new random order in each epoch.
  public var shuffle = true
  /// The seed of the random numbers for order, initial values and dropout.
  public var seed = 0
  /// The number of windows that are held out of the training, to measure on; nil for none.
  public var heldOut: Int?
  /// After how many steps the held-out windows are measured; nil for a tenth of all steps.
  public var evaluateEvery: Int?
  /// Which weights the training ends with.
  public var result = Result.last

  /// How often the training is saved, so that it can go on from there.
  public var checkpoint = CheckpointInterval.minutes(10)
  /// What a forward pass keeps; nil for everything where that fits well into memory.
  public var activations: Activations?

  /// Makes the defaults.
  public init() {}

  /// Checks the settings against each other.
  ///
  /// - Throws: `ParameterProblem` that names the setting at fault.
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
    let usual = TrainingSettings()
    if decay != usual.decay, schedule != .warmupStableDecay {
      throw ParameterProblem("decay", "belongs to `schedule = warmup_stable_decay`")
    }
    if finalShare != usual.finalShare, schedule == .constant {
      throw ParameterProblem("final_share", "belongs to a schedule that falls, not to `constant`")
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
