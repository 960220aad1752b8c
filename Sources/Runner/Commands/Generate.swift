import ArgumentParser
import BillhookCore

/// `billhook generate`: lets a model continue a text.
struct Generate: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a model continue one or several texts.",
    discussion: """
      Without --temperature the most likely token is always taken. Several prompts run together \
      as one batch, and are printed one after the other. \
      With --prompts the prompts of a file are answered, batch by batch, and --out is a file that \
      `data … = conversations` reads. A call that was stopped goes on, to the same bytes.
      """
  )

  @Argument(
    help: "The model's directory, or a GGUF file.",
    completion: .file(),
    transform: PathArgument.path
  )
  var model: String

  @Argument(help: "The texts to continue. (default: an empty one)")
  var prompts: [String] = []

  @Option(
    name: .customLong("prompts"),
    help: "A file of prompts, a JSON row each: `messages`, ShareGPT, Alpaca, or a `prompt`.",
    completion: .file(),
    transform: PathArgument.path
  )
  var promptFile: String?

  @Option(
    help: "The file that answers to --prompts are written to.",
    completion: .file(),
    transform: PathArgument.path
  )
  var out: String?

  @Option(
    parsing: .unconditional,
    help: "How many prompts of --prompts run together.",
    transform: FlagRange.threads.number
  )
  var batch = 8

  @Option(
    help: "A file with another chat template than the model's.",
    completion: .file(),
    transform: PathArgument.path
  )
  var template: String?

  @Option(help: "The day that chat templates are told, such as 2026-12-31.")
  var date: String?

  @Option(
    parsing: .unconditional,
    help: "The most tokens that are added, from 1 to 16777216.",
    transform: FlagRange.tokens.number
  )
  var maxTokens = 128

  @Option(
    parsing: .unconditional,
    help: "The fewest tokens that are added, even where the model would end earlier.",
    transform: FlagRange.tokensOrNone.number
  )
  var minTokens = 0

  @Option(
    parsing: .unconditional,
    help: "The temperature, 0 to 1000: 1 draws as the model says, 0 takes the likeliest token.",
    transform: FlagRange.temperature.number
  )
  var temperature = 0.0

  @Option(
    parsing: .unconditional,
    help: "Draw from this many of the likeliest tokens only, from 1 on.",
    transform: FlagRange.tokens.number
  )
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: "Draw from the likeliest tokens that hold this share of the probability, at most 1.",
    transform: FlagRange.share.number
  )
  var topP: Double?

  @Option(
    parsing: .unconditional,
    help: "The seed of the random numbers, from 0 on.",
    transform: FlagRange.seed.number
  )
  var seed: UInt64 = 0

  @OptionGroup var arithmetic: ComputeOptions

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Do not print how fast it was.")
  var quiet = false

  func validate() throws {
    guard (promptFile == nil) == (out == nil) else {
      throw ValidationError("--prompts needs --out, and --out needs --prompts")
    }
    guard promptFile != nil || (template == nil && date == nil) else {
      throw ValidationError("--template and --date are for the messages of --prompts")
    }
    guard promptFile == nil || prompts.isEmpty else {
      throw ValidationError("prompts are either given, or in the file of --prompts")
    }
    if let date, JinjaTime(day: date) == nil {
      throw ValidationError("--date must be a day, such as 2026-12-31, found \(date)")
    }
    guard minTokens <= maxTokens else {
      throw ValidationError(
        "--min-tokens must be from 0 to --max-tokens (\(maxTokens)), found \(minTokens)"
      )
    }
    guard temperature > 0 || (topK == nil && topP == nil) else {
      throw ValidationError(
        "--top-k and --top-p draw tokens, so they need a --temperature above 0"
      )
    }
  }

  func run(with registry: Registry) -> ExitStatus {
    do {
      Interrupt.listen()
      LostFile.listen()
      try machine.prepare()
      if let promptFile, let out { return try answerPrompts(of: promptFile, into: out) }
      return try generate()
    } catch is Cancelled {
      Terminal.standardError("interrupted")
      return Interrupt.status
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func generate() throws -> ExitStatus {
    let model = try LanguageModel(named: model)
    for remark in model.remarks { Terminal.standardError("note: \(remark)") }
    let tokenizer = try model.directory.tokenizer()
    let beginning = try TextBeginning(in: model.directory, model.configuration, tokenizer)
    if let disagreement = beginning.disagreement {
      Terminal.standardError("note: \(disagreement)")
    }
    let prompts = (prompts.isEmpty ? [""] : prompts).map { prompt in
      beginning.tokens(of: prompt, by: tokenizer)
    }
    if let empty = prompts.firstIndex(where: \.isEmpty) {
      let number = prompts.count > 1 ? "prompt \(empty + 1): " : ""
      throw DataError(number + PromptReading.nothingToContinue)
    }
    let positions = model.configuration.maximumPositions
    let longest = prompts.map(\.count).max() ?? 0
    // Before the work, because so long a prompt takes a while.
    if longest > positions {
      Terminal.standardError(
        "note: the prompt has \(longest) tokens, and the model was made for \(positions)"
      )
    }
    var generation = TextGeneration()
    generation.sampling = Sampling(temperature: temperature, topK: topK, topP: topP)
    generation.maximumTokens = maxTokens
    generation.minimumTokens = minTokens
    generation.seed = seed
    generation.endTokens = try model.directory.endTokens()
    let context = RunContext(
      device: machine.device,
      dtype: try arithmetic.dtype(of: model),
      scratch: "",
      isCancelled: { Interrupt.isRequested }
    )
    var stream = TextStream(tokenizer, prompts: prompts)
    var rate = TokenRate()
    do {
      _ = try generation.tokens(after: prompts, by: model, context) { text, token in
        rate.count()
        if let new = stream.add(token, to: text) { Terminal.standardOutput(exactly: new) }
      }
    } catch let error as Cancelled {
      Terminal.standardOutput(exactly: stream.rest + "\n")
      throw error
    }
    Terminal.standardOutput(exactly: stream.rest + "\n")
    if stream.longest > positions, longest <= positions {
      Terminal.standardError("note: the model was made for \(positions) tokens")
    }
    if !quiet { Terminal.standardError(rate.summary(prompts: prompts.map(\.count))) }
    return .done
  }
}
