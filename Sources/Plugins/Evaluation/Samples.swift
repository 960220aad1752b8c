import BillhookCore

/// What a model makes of prompts, for people to read, and how much it repeats itself.
struct Samples: SamplingEvaluation {
  static let name = "samples"
  static let summary = "How the model goes on with prompts, and how much it repeats itself."
  static let namedParameters: Set = ["tokens", "temperature"]
  static let exampleSettings: String? = "prompts = [\"Once upon a time\"]"
  static let parameters = [
    Parameter<Samples>("prompts", \.prompts, help: "the texts to go on with"),
    Parameter("file", \.file, help: "a file with one prompt a line, instead of `prompts`"),
    Parameter("tokens", \.length, in: 1...65_536, help: "the most tokens that each answer has"),
    Parameter(
      "temperature",
      \.temperature,
      in: 0...1000,
      help: "1 draws as the model says; 0 takes the likeliest token"
    ),
    Parameter(
      "top_k",
      \.topK,
      in: 1...16_777_216,
      help: "draw from this many of the likeliest tokens only"
    ),
    Parameter(
      "top_p",
      \.topP,
      in: 0.000001...1,
      help: "draw from the likeliest tokens that hold this share of the probability"
    ),
    Parameter("seed", \.seed, in: 0..., help: "seed of the first answer; the next has the next"),
  ]

  static let reference: Reference? = Reference(
    formula: """
      repetition of an answer = 1 - (different 4-grams of tokens) / (all)
      repetition              = mean over answers of 4 tokens or more; 0
                                where there are none
      """,
    papers: [.unlikelihood.part("section 6.1, seq-rep-4")],
    differences: [
      "Answers end at a token that ends a text; the paper's have a fixed length.",
      "Prompts are plain text. Chat templates are not applied.",
    ]
  )

  var prompts: [String] = []
  var file: InputFile?
  var length = 64
  var temperature = 0.0
  var topK: Int?
  var topP: Double?
  var seed = 0

  /// The most prompts: they run together, as one batch.
  private static let mostPrompts = 1024

  func validate() throws(ParameterProblem) {
    guard file == nil || prompts.isEmpty else {
      throw ParameterProblem("file", "and `prompts` exclude each other; keep one of them")
    }
    guard file != nil || !prompts.isEmpty else {
      throw ParameterProblem(
        "prompts",
        "there is nothing to go on with; give texts, such as `prompts = [\"Once upon a time\"]`, or "
          + "a `file` with one a line"
      )
    }
    let drawing = [("top_k", topK != nil), ("top_p", topP != nil), ("seed", seed != 0)]
    if temperature == 0, let name = drawing.first(where: \.1)?.0 {
      throw ParameterProblem(
        name,
        "is for tokens that are drawn, so it needs a `temperature` above 0"
      )
    }
  }

  func validate(for model: LanguageModel) throws(ParameterProblem) {
    do {
      try load(of: model).check(model)
    } catch let error as DataError {
      throw ParameterProblem("tokens", error.description)
    } catch {
      throw ParameterProblem(file == nil ? "prompts" : "file", "\(error)")
    }
  }

  func memory(of model: LanguageModel, dtype: DType) -> Int {
    (try? load(of: model))?.memory(of: model, dtype: dtype) ?? 0
  }

  func samples(of model: LanguageModel, _ context: RunContext) throws -> [TextSample] {
    let (prompts, tokenizer) = (try texts(), try Self.tokenizer(of: model))
    let given = try Self.tokens(of: prompts, by: tokenizer, for: model)
    var generation = TextGeneration()
    generation.sampling = Sampling(temperature: temperature, topK: topK, topP: topP)
    generation.maximumTokens = length
    generation.seed = UInt64(seed)
    generation.endTokens = try model.directory.endTokens()
    var done = 0
    let answers = try generation.tokens(after: given, by: model, context) { _, _ in
      done += 1
      try context.advance(to: Double(done) / Double(length * prompts.count))
    }
    return prompts.indices.map { index in
      let (prompt, tokens) = (prompts[index], answers[index])
      return TextSample(
        prompt: prompt,
        answer: tokenizer.text(of: tokens, after: given[index]),
        tokens: tokens,
        isEnded: tokens.count < length
      )
    }
  }

  func metrics(of samples: [TextSample]) -> [Metric] {
    let repetitions = samples.compactMap { $0.repetition(ofNeighbours: 4) }
    let drawn = temperature > 0 ? " T=\(temperature.literalText)" : ""
    let sampling = temperature > 0 ? "drawn, seed \(seed)" : "the likeliest token each"
    return [
      Metric(
        name: "repetition \(samples.count)x\(length)\(drawn)",
        value: repetitions.reduce(0, +) / Double(max(1, repetitions.count)),
        protocolNote: "share of repeated 4-grams in \(counted(samples.count, "answer")) of at most "
          + "\(counted(length, "token")), \(sampling)"
      )
    ]
  }

  // MARK: Prompts

  /// The prompts, without empty lines of a file.
  private func texts() throws -> [String] {
    guard let file else { return prompts }
    let text = try TextReader.text(file.path)
    return text.split { ["\n", "\r\n", "\r"].contains($0) }.map(String.init)
  }

  private static func tokenizer(of model: LanguageModel) throws -> Tokenizer {
    try model.directory.tokenizer()
  }

  /// The tokens of prompts, with the one that starts a text where the tokenizer adds it.
  private static func tokens(
    of prompts: [String],
    by tokenizer: Tokenizer,
    for model: LanguageModel
  ) throws -> [[Int]] {
    let beginning = try TextBeginning(in: model.directory, model.configuration, tokenizer)
    return prompts.map { beginning.tokens(of: $0, by: tokenizer) }
  }

  private func load(of model: LanguageModel) throws -> GenerationLoad {
    let prompts = try texts()
    guard 1...Self.mostPrompts ~= prompts.count else {
      throw PromptError(
        description: prompts.isEmpty
          ? "holds no prompt; expected one a line"
          : "\(prompts.count) prompts, and at most \(Self.mostPrompts) run together; use fewer"
      )
    }
    let tokens = try Self.tokens(of: prompts, by: Self.tokenizer(of: model), for: model)
    if let empty = tokens.firstIndex(where: \.isEmpty) {
      throw PromptError(
        description: "prompt \(empty + 1) holds no token, and the model has none that begins a text"
      )
    }
    return GenerationLoad(
      batch: prompts.count,
      prompt: tokens.map(\.count).max() ?? 1,
      output: length
    )
  }
}

extension Tokenizer {
  /// The text that tokens add to others; a tokenizer may drop the space that a text alone begins with.
  fileprivate func text(of tokens: [Int], after given: [Int]) -> String {
    let before = decode(given, skippingSpecialTokens: true).unicodeScalars
    let whole = decode(given + tokens, skippingSpecialTokens: true).unicodeScalars
    guard whole.starts(with: before) else { return decode(tokens, skippingSpecialTokens: true) }
    return String(whole.dropFirst(before.count))
  }
}

/// What is wrong with prompts.
private struct PromptError: Error, CustomStringConvertible {
  let description: String
}
