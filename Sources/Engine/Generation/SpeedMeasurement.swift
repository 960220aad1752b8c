import BillhookFiles
public import BillhookModels
public import BillhookTorch

/// Measures how fast models generate texts.
///
/// Prompts are random tokens, the most likely token is always taken, and no token ends a text.
/// Several models take turns, run by run, so that other load on the machine affects all of them
/// alike; the weights of one model at a time are lent, and read once before its run counts.
public struct SpeedMeasurement: Sendable {
  /// A model, and the type that it computes in.
  public struct Subject: Sendable {
    let model: LanguageModel
    let dtype: DType

    /// Makes a subject of a model and the type that it computes in.
    public init(_ model: LanguageModel, dtype: DType) {
      self.model = model
      self.dtype = dtype
    }
  }

  /// The number of warm-up runs of each model.
  public var warmUps = 1
  /// The number of measured runs of each model.
  public var repeats = 5
  /// The seed of the prompts' random tokens.
  public var seed: UInt64 = 0
  /// A clock: the seconds since some fixed moment.
  var seconds: @Sendable () -> Double = {
    [start = ContinuousClock.now] in (ContinuousClock.now - start).seconds
  }

  /// The allowed numbers of warm-up runs.
  public static let allowedWarmUps = 0...1000
  /// The allowed numbers of measured runs.
  public static let allowedRepeats = 1...1000

  /// Makes the defaults: one warm-up and five measured runs.
  public init() {}

  /// The speed of each model under a load.
  ///
  /// - Parameters:
  ///   - subjects: The models.
  ///   - load: The load of each model.
  ///   - context: Where the models run; it receives the progress of runs, and can stop them.
  /// - Returns: A speed for each model.
  /// - Throws: `DataError` when texts would be longer than a model allows, or `repeats` is 0;
  ///   `Cancelled`, and errors of the models' files.
  public func speeds(
    of subjects: [Subject],
    under load: GenerationLoad,
    _ context: RunContext
  ) throws -> [GenerationSpeed] {
    for subject in subjects { try load.check(subject.model) }
    var times = subjects.map { _ in [GenerationTimes]() }
    var memory = subjects.map { _ in Int?.none }
    var lent: (index: Int, weights: DecodingWeights)?
    let turns = warmUps + repeats
    for turn in 0..<turns {
      for (index, subject) in subjects.enumerated() {
        context.progress(
          .advanced(done: turn * subjects.count + index, of: turns * subjects.count)
        )
        let prompts = try prompts(load, subject.model)
        if lent?.index != index {
          // The weights of only one model are lent at a time, however many models there are.
          lent = nil
          let weights = try DecodingWeights(
            subject.model,
            context.computing(in: subject.dtype)
          )
          _ = try Decoding(weights, texts: prompts, capacity: load.length).nextLogits()
          lent = (index, weights)
        }
        guard let weights = lent?.weights else { continue }
        let resident = context.device == .cpu ? ResidentMemory() : nil
        let run = try run(load, prompts, weights)
        if let growth = resident?.growth {
          memory[index] = max(memory[index] ?? 0, weights.byteCount + growth)
        }
        if turn >= warmUps { times[index].append(run) }
      }
    }
    return try zip(times, memory).map { times, memory in
      guard let speed = GenerationSpeed(load, times, memory: memory) else {
        throw DataError("expected at least one run to measure, found \(repeats)")
      }
      return speed
    }
  }

  private func run(
    _ load: GenerationLoad,
    _ prompts: [[Int]],
    _ weights: DecodingWeights
  ) throws -> GenerationTimes {
    let decoding = Decoding(weights, texts: prompts, capacity: load.length)
    return try GenerationTimes(output: load.output, seconds: seconds) {
      decoding.append(try decoding.nextLogits().argmax(1).integers())
    }
  }

  /// The prompts, which are the same for all models with the same vocabulary.
  private func prompts(_ load: GenerationLoad, _ model: LanguageModel) throws -> [[Int]] {
    let vocabulary = 0..<model.configuration.vocabularySize
    let tokens = try Generator(seed: seed)
      .integers(in: vocabulary, [load.batch * load.prompt]).integers()
    return (0..<load.batch).map { Array(tokens[$0 * load.prompt..<($0 + 1) * load.prompt]) }
  }
}
