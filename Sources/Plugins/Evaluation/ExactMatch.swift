import BillhookCore

/// The share of questions to which a model writes the right answer, as lm-eval 0.4.13 measures it.
///
/// Each prompt is continued with the most likely tokens until one of the task's stop texts, a token that
/// ends a text, or the limit; the task's pattern then finds the answer. Prompts that leave too little room
/// lose tokens at the left.
struct ExactMatch: GenerationEvaluation {
  static let name = "exact_match"
  static let summary = "The share of questions to which the right answer is written."
  static let dataForm = DataForm.answers

  static let reference: Reference? = Reference(
    formula: """
      exact_match = share of questions whose written answer equals the right one

      written: the most likely token after each other, up to a stop text, a token
               that ends a text, or the limit; of that, what the pattern finds
      Both sides are compared after what the task ignores is taken out.
      """,
    papers: [.evaluationHarness, .gsm8k],
    differences: [
      "lm-eval draws the examples of gsm8k; here the first rows of a file are taken."
    ]
  )

  static let parameters = [
    Parameter<ExactMatch>("tokens", \.tokens, in: 1...65_536, help: "the most tokens of an answer"),
    Parameter("batch", \.batch, in: 1...65_536, help: "texts that are generated at once"),
  ]

  /// The most tokens of an answer.
  var tokens = 256
  /// How many texts are generated at once.
  var batch = 8

  var direction: MetricDirection { .higher }

  func load(of count: Int, prompt: Int) -> GenerationLoad {
    GenerationLoad(batch: min(batch, count), prompt: prompt, output: tokens)
  }

  /// The share of right answers.
  ///
  /// - Throws: `DataError` for data without such questions.
  func measure(
    _ model: LanguageModel,
    on data: TokenSet,
    _ context: RunContext
  ) throws -> [Metric] {
    let prompts = data.questions.compactMap(Prompt.init)
    guard !prompts.isEmpty else {
      throw DataError("exact_match is measured on questions that are answered by text, as in gsm8k")
    }
    let room = model.configuration.maximumPositions - tokens
    guard room > 0 else {
      throw DataError(
        "`tokens = \(tokens)` leaves no room for a question in the \(tokens + room) positions of the "
          + "model"
      )
    }
    let kept = prompts.map { Array($0.tokens.suffix(room)) }
    let answers = try written(after: kept, prompts, model, context)
    let found = try zip(prompts, answers).map { prompt, text in
      let isRight = try text.map { try AnswerReading(prompt.rule).isRight($0, prompt.answer) }
      return isRight == true ? 1 : 0
    }
    let counts = try Tensor(found)
    try context.processes.meet(at: "the answers to \(prompts.count) questions")
    try context.processes.sum([counts])
    let isRight = try counts.integers().map { $0 > 0 }
    let truncated = prompts.count { $0.tokens.count > room }
    let note =
      truncated == 0
      ? "" : ", \(truncated) of \(counted(prompts.count, "prompt")) cut at the left"
    return [
      Metric(
        name: "exact_match",
        value: Double(isRight.count { $0 }) / Double(isRight.count),
        error: Accuracy.standardError(of: [isRight]),
        protocolNote: "\(data.note), at most \(counted(tokens, "token"))\(note)"
      )
    ]
  }

  /// What the model writes after each prompt; nil where another process writes.
  ///
  /// The longest prompts come first, so that little is padded.
  private func written(
    after tokens: [[Int]],
    _ prompts: [Prompt],
    _ model: LanguageModel,
    _ context: RunContext
  ) throws -> [String?] {
    let tokenizer = try model.directory.tokenizer()
    var generation = TextGeneration()
    generation.maximumTokens = self.tokens
    generation.endTokens = try model.directory.endTokens()
    let order = tokens.indices.sorted { (tokens[$1].count, $0) < (tokens[$0].count, $1) }
    var answers = [String?](repeating: nil, count: tokens.count)
    let starts = stride(from: 0, to: order.count, by: batch)
    for (number, start) in starts.enumerated() where number % context.world == context.rank {
      let part = Array(order[start..<min(start + batch, order.count)])
      let readings = try part.map { try AnswerReading(prompts[$0].rule) }
      func text(_ ids: [Int]) -> String { tokenizer.decode(ids, skippingSpecialTokens: true) }
      var longest = 0
      let found = try generation.tokens(
        after: part.map { tokens[$0] },
        by: model,
        context,
        isEnded: { place, ids in
          if ids.count > longest {
            longest = ids.count
            let share = Double(part.count) * Double(longest) / Double(self.tokens)
            try context.advance(to: (Double(start) + share) / Double(order.count))
          }
          return readings[place].isEnded(text(ids))
        }
      )
      for (place, ids) in zip(part, found) { answers[place] = text(ids) }
    }
    return answers
  }

  /// A prompt with its right answer.
  private struct Prompt {
    let tokens: [Int]
    let answer: String
    let rule: AnswerRule

    init?(_ question: TokenQuestion) {
      guard case .text(let tokens, let answer, let rule) = question.form else { return nil }
      (self.tokens, self.answer, self.rule) = (tokens, answer, rule)
    }
  }
}
