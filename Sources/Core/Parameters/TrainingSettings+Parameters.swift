import BillhookEngine

extension TrainingSettings.Result: Choice {}

extension TrainingSettings.Activations: Choice {}

extension LearningRate.Schedule: Choice {}

extension TrainingSettings {
  /// The names, ranges and help of the settings, for a plugin that holds them in a property.
  public static func parameters<P>(
    at path: any WritableKeyPath<P, TrainingSettings> & Sendable
  ) -> [Parameter<P>] {
    all.map { $0.lifted(to: path) }
  }

  private static let all: [Parameter<TrainingSettings>] = [
    Parameter(
      "learning_rate",
      \.learningRate,
      in: 0...1,
      help: "the learning rate at its highest"
    ),
    Parameter("schedule", \.schedule, help: "how the learning rate decays"),
    Parameter(
      "warmup",
      \.warmup,
      help: "first steps, in which the learning rate rises; without it, 100 or a tenth of all"
    ),
    Parameter("decay", \.decay, help: "last steps of a `warmup_stable_decay` schedule"),
    Parameter(
      "final_share",
      \.finalShare,
      in: 0...1,
      help: "share of the learning rate that is left at the end"
    ),
    Parameter("batch", \.batch, in: 1...1_000_000, help: "windows in a step"),
    Parameter(
      "micro_batch",
      \.microBatch,
      in: 1...1_000_000,
      help: "windows that run at once; without it, as many as hold 2048 tokens"
    ),
    Parameter(
      "epochs",
      \.epochs,
      in: 1...100_000,
      help: "passes over all windows; without any length, 2 for lora and 1 for others"
    ),
    Parameter("steps", \.steps, in: 1...100_000_000, help: "number of steps"),
    Parameter("tokens", \.tokens, help: "number of tokens to train on"),
    Parameter("beta1", \.beta1, in: 0...0.999999, help: "decay of the mean gradient"),
    Parameter("beta2", \.beta2, in: 0...0.999999, help: "decay of the mean squared gradient"),
    // With 0, a weight without a gradient would become 0 / 0.
    Parameter("epsilon", \.epsilon, in: 1e-20...1, help: "what is added to the root mean square"),
    Parameter("weight_decay", \.weightDecay, in: 0...10, help: "decoupled decay of weights"),
    Parameter(
      "decay_all",
      \.decaysAll,
      help: "whether norms, biases and embeddings decay as well"
    ),
    Parameter("clip", \.clip, in: 0...1e9, help: "norm that gradients are clipped to; 0 for none"),
    Parameter("shuffle", \.shuffle, help: "whether each epoch has a new random order"),
    Parameter("seed", \.seed, in: 0..., help: "the seed of the random numbers"),
    Parameter(
      "held_out",
      \.heldOut,
      in: 1...1_000_000,
      help: "windows that are held out of the training, to measure on"
    ),
    Parameter(
      "evaluate_every",
      \.evaluateEvery,
      in: 1...100_000_000,
      help: "steps between measurements; without it, a tenth of all"
    ),
    Parameter("result", \.result, help: "which weights the training ends with"),
    Parameter("checkpoint", \.checkpoint, help: "how often a checkpoint is written to resume from")
      .withoutEffect(),
    Parameter(
      "activations",
      \.activations,
      help: "what is kept for the backward pass; unless set, everything where that fits"
    ).withoutEffect(),
  ]
}
