import ArgumentParser
import BillhookCore

extension Generate {
  /// Answers the prompts of a file.
  func answerPrompts(of file: String, into path: String) throws -> ExitStatus {
    let model = try LanguageModel(named: model)
    for remark in model.remarks { Terminal.standardError("note: \(remark)") }
    let tokenizer = try model.directory.tokenizer()
    let reading = PromptReading(
      model: model,
      tokenizer: tokenizer,
      beginning: try TextBeginning(in: model.directory, model.configuration, tokenizer),
      template: template,
      time: date.flatMap { JinjaTime(day: $0) }
    )
    let prompts = try reading.prompts(of: file, adding: maxTokens)
    let dtype = try arithmetic.dtype(of: model)
    let parts = try AnswerParts(path, key: key(of: file, model, in: dtype))
    guard !parts.isDone else {
      Terminal.standardError("all of \(counted(prompts.count, "prompt")) are answered in \(path)")
      return .done
    }
    let context = RunContext(
      device: machine.device,
      dtype: dtype,
      scratch: "",
      isCancelled: { Interrupt.isRequested }
    )
    let generation = try generation(by: model, tokenizer)
    let ranges = stride(from: 0, to: prompts.count, by: batch * Self.batchesInPart).map {
      $0..<min($0 + batch * Self.batchesInPart, prompts.count)
    }
    let known = ranges.filter { parts.has($0.lowerBound) }.reduce(0) { $0 + $1.count }
    if known > 0 {
      Terminal.standardError(
        "goes on: \(known) of \(counted(prompts.count, "prompt")) are answered"
      )
    }
    var rate = TokenRate()
    var generating: GeneratingModel?
    for range in ranges where !parts.has(range.lowerBound) {
      try context.checkCancelled()
      let lent = try generating ?? GeneratingModel(model, context)
      generating = lent
      let rows = try answers(to: prompts, range, generation, by: lent, tokenizer) { rate.count() }
      try parts.write(rows, at: range.lowerBound)
      if !quiet {
        Terminal.standardError("\(range.upperBound) of \(counted(prompts.count, "prompt"))")
      }
    }
    try parts.join(ranges.map(\.lowerBound))
    if !quiet { Terminal.standardError(rate.summary(prompts: prompts.map(\.tokens.count))) }
    return .done
  }

  /// How many batches there are between two moments from which the work can go on.
  static let batchesInPart = 8

  /// Everything that the answers depend on.
  private func key(
    of file: String,
    _ model: LanguageModel,
    in dtype: DType
  ) throws -> JSON {
    [
      "model": try AnswerParts.identity(ofModelAt: model.directory.path),
      "prompts": .string(SHA256.hex(try FileSystem.read(file, atMost: .max))),
      "template": try template.map { .string(SHA256.hex(try FileSystem.read($0))) } ?? .null,
      "date": date.map(JSON.string) ?? .null,
      "max_tokens": .number(JSONNumber(maxTokens)), "min_tokens": .number(JSONNumber(minTokens)),
      "temperature": temperature.keyPart, "top_k": topK.keyPart, "top_p": topP.keyPart,
      "seed": Int(bitPattern: UInt(seed)).keyPart,
      "batch": .number(JSONNumber(batch)), "compute": .string(dtype.rawValue),
      "device": .string("\(machine.device)"), "processor": .string(Runtime.processor),
      "threads": .number(JSONNumber(Runtime.threadCount)),
      "build": .string(try RunningBuild.identity()),
    ]
  }

  /// How answers are drawn, and at which tokens they end.
  private func generation(
    by model: LanguageModel,
    _ tokenizer: Tokenizer
  ) throws -> TextGeneration {
    var generation = TextGeneration()
    generation.sampling = Sampling(temperature: temperature, topK: topK, topP: topP)
    generation.maximumTokens = maxTokens
    generation.minimumTokens = minTokens
    generation.endTokens = try model.directory.endTokens()
    if let end = try model.directory.endToken(tokenizer) { generation.endTokens.insert(end) }
    return generation
  }

  /// The rows of some prompts with their answers, in the order of the prompts.
  private func answers(
    to prompts: [Prompt],
    _ range: Range<Int>,
    _ generation: TextGeneration,
    by model: GeneratingModel,
    _ tokenizer: Tokenizer,
    added: () -> Void
  ) throws -> [String] {
    var rows = [String](repeating: "", count: range.count)
    // Prompts of like length together, so that little is padded; of equal ones, the first first.
    let order = range.sorted { (prompts[$0].tokens.count, $0) < (prompts[$1].tokens.count, $1) }
    for first in stride(from: 0, to: order.count, by: batch) {
      let part = Array(order[first..<min(first + batch, order.count)])
      let found = try generation.tokens(
        after: part.map { prompts[$0].tokens },
        seeds: part.map { seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64($0) + 1) },
        by: model,
        added: { _, _ in added() }
      )
      for (index, tokens) in zip(part, found) {
        rows[index - range.lowerBound] = prompts[index].row(
          answer: tokenizer.decode(tokens, skippingSpecialTokens: true),
          isEnded: tokens.count < maxTokens
        )
      }
    }
    return rows
  }
}
