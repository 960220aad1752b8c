import BillhookCore

/// How fast a model generates text, by the clock.
///
/// Source: Kim et al., Shortened LLaMA, 2024, arXiv 2402.02834, section 5 measures whole requests
/// of 12 tokens in and 128 or 512 out; here the time until the first token is given separately.
struct Speed: ModelEvaluation {
  static let name = "speed"
  static let summary = "The time that generating text takes, and the tokens per second."
  static let isOfMachine = true
  static let namedParameters: Set = ["batch", "prompt", "output"]
  static let parameters = [
    Parameter<Speed>("batch", \.batch, in: 1...65_536, help: "texts that are generated at once"),
    Parameter("prompt", \.prompt, in: 1...16_777_216, help: "random tokens that each begins with"),
    Parameter("output", \.output, in: 1...16_777_216, help: "tokens that are generated for each"),
    Parameter(
      "warmup",
      \.warmup,
      in: SpeedMeasurement.allowedWarmUps,
      help: "runs before those that count"
    ),
    Parameter(
      "repeat",
      \.repeats,
      in: SpeedMeasurement.allowedRepeats,
      help: "runs that count"
    ),
  ]

  var batch = 1
  var prompt = 12
  var output = 128
  var warmup = 1
  var repeats = 5

  private var load: GenerationLoad { GenerationLoad(batch: batch, prompt: prompt, output: output) }

  func validate(for model: LanguageModel) throws(ParameterProblem) {
    do {
      try load.check(model)
    } catch {
      throw ParameterProblem("output", error.description)
    }
  }

  func memory(of model: LanguageModel, dtype: DType) -> Int { load.memory(of: model, dtype: dtype) }

  func measure(_ model: LanguageModel, _ context: RunContext) throws -> [Metric] {
    var measurement = SpeedMeasurement()
    measurement.warmUps = warmup
    measurement.repeats = repeats
    let subject = SpeedMeasurement.Subject(model, dtype: context.dtype)
    let isSparse = try model.isSparse()
    return try measurement.speeds(of: [subject], under: load, context).flatMap {
      metrics($0, isSparse)
    }
  }

  /// The load is part of the names, because times under different loads cannot be compared.
  private func metrics(_ speed: GenerationSpeed, _ isSparse: Bool) -> [Metric] {
    let note =
      "batch \(batch), \(counted(prompt, "random token")) in, \(output) out; median of "
      + "\(counted(speed.runs, "run")) [quartiles]; \(counted(Runtime.threadCount, "thread"))"
      + (isSparse ? "; zeros are multiplied like other weights: no kernel here skips them" : "")
    func metric(_ name: String, _ value: Quartiles, times factor: Double = 1) -> Metric {
      Metric(
        name: "\(name) \(load)",
        value: value.median * factor,
        quartiles: value.lower * factor...value.upper * factor,
        protocolNote: note
      )
    }
    let decoding = speed.decoding.map { [metric("ms a token", $0, times: 1000)] } ?? []
    return [metric("first token ms", speed.prefill, times: 1000)] + decoding
      + [metric("tokens/s", speed.throughput)]
  }
}
