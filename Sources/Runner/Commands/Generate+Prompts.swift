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
    var generation = TextGeneration()
    generation.sampling = Sampling(temperature: temperature, topK: topK, topP: topP)
    generation.maximumTokens = maxTokens
    generation.minimumTokens = minTokens
    generation.endTokens = try model.directory.endTokens()
    if let end = try model.directory.endToken(tokenizer) { generation.endTokens.insert(end) }
    let dtype = try arithmetic.dtype(of: model)
    let parts = try AnswerParts(
      path,
      key: [
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
    )
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
    var rate = TokenRate()
    var generating: GeneratingModel?
    let starts = Array(stride(from: 0, to: prompts.count, by: batch * Self.batchesInPart))
    let known = starts.filter(parts.has)
    if !known.isEmpty {
      let count = known.reduce(0) { $0 + min(prompts.count - $1, batch * Self.batchesInPart) }
      Terminal.standardError(
        "goes on: \(count) of \(counted(prompts.count, "prompt")) are answered"
      )
    }
    for start in starts where !parts.has(start) {
      try context.checkCancelled()
      let range = start..<min(start + batch * Self.batchesInPart, prompts.count)
      let lent = try generating ?? GeneratingModel(model, context)
      generating = lent
      var rows = [String](repeating: "", count: range.count)
      // Prompts of like length together, so that little is padded; of equal ones, the first first.
      let order = range.sorted { (prompts[$0].tokens.count, $0) < (prompts[$1].tokens.count, $1) }
      for first in stride(from: 0, to: order.count, by: batch) {
        let part = Array(order[first..<min(first + batch, order.count)])
        let found = try generation.tokens(
          after: part.map { prompts[$0].tokens },
          seeds: part.map { seed &+ 0x9E37_79B9_7F4A_7C15 &* (UInt64($0) + 1) },
          by: lent,
          added: { _, _ in rate.count() }
        )
        for (index, tokens) in zip(part, found) {
          let text = tokenizer.decode(tokens, skippingSpecialTokens: true)
          rows[index - start] = prompts[index].row(
            answer: text,
            isEnded: tokens.count < maxTokens
          )
        }
      }
      try parts.write(rows, at: start)
      if !quiet {
        Terminal.standardError("\(range.upperBound) of \(counted(prompts.count, "prompt"))")
      }
    }
    try parts.join(starts)
    if !quiet { Terminal.standardError(rate.summary(prompts: prompts.map(\.tokens.count))) }
    return .done
  }

  /// How many batches there are between two moments from which the work can go on.
  static let batchesInPart = 8
}
