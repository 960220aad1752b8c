import ArgumentParser
import BillhookCore
import BillhookModels
import BillhookTorch

/// `billhook generate`: lets a model go on with a text.
struct Generate: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Let a model go on with one or several texts.",
    discussion: """
      Without --temperature the most likely token is always taken. Several prompts run together \
      as one batch, and are printed one after the other.
      """
  )

  @Argument(help: "The model's directory.", completion: .directory)
  var model: String

  @Argument(help: "The texts to go on with. (default: an empty one)")
  var prompts: [String] = []

  @Option(help: "The most tokens that are added.")
  var maxTokens = 128

  @Option(help: "The fewest tokens that are added, whatever the model would end with.")
  var minTokens = 0

  @Option(help: "How freely tokens are drawn: 1 as the model says, 0 always the likeliest.")
  var temperature = 0.0

  @Option(help: "Draw from so many of the likeliest tokens only.")
  var topK: Int?

  @Option(help: "Draw from the likeliest tokens that hold this share of the probability.")
  var topP: Double?

  @Option(help: "The seed of the random numbers.")
  var seed: UInt64 = 0

  @OptionGroup var arithmetic: ComputeOptions

  @OptionGroup var machine: MachineOptions

  @Flag(help: "Do not print how fast it was.")
  var quiet = false

  func validate() throws {
    func require(_ holds: Bool, _ message: String) throws {
      if !holds { throw ValidationError(message) }
    }
    try require(
      (1...1 << 24).contains(maxTokens),
      "--max-tokens must be from 1 to \(1 << 24), found \(maxTokens)"
    )
    try require(
      (0...maxTokens).contains(minTokens),
      "--min-tokens must be from 0 to --max-tokens (\(maxTokens)), found \(minTokens)"
    )
    try require(
      temperature >= 0 && temperature.isFinite,
      "--temperature must be 0 or above, found \(temperature)"
    )
    try require(topK ?? 1 > 0, "--top-k must be above 0, found \(topK ?? 0)")
    try require(
      topP.map { $0 > 0 && $0 <= 1 } ?? true,
      "--top-p must be above 0 and at most 1, found \(topP ?? 0)"
    )
    try require(
      temperature > 0 || (topK == nil && topP == nil),
      "--top-k and --top-p draw tokens, so they need a --temperature above 0"
    )
  }

  func run(with registry: Registry) -> ExitStatus {
    do {
      Interrupt.listen()
      LostFile.listen()
      try machine.prepare()
      return try generate()
    } catch is Cancelled {
      Terminal.standardError("interrupted")
      return .interrupted
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func generate() throws -> ExitStatus {
    let model = try LanguageModel(opening: model)
    for remark in model.remarks { Terminal.standardError("note: \(remark)") }
    let tokenizer = try Tokenizer(contentsOf: model.directory.tokenizerPath)
    let beginning = try TextBeginning(in: model.directory, model.configuration, tokenizer)
    if let disagreement = beginning.disagreement {
      Terminal.standardError("note: \(disagreement)")
    }
    let prompts = (prompts.isEmpty ? [""] : prompts).map { prompt in
      tokens(of: prompt, tokenizer, beginning)
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
        if let new = stream.add(token, to: text) { Terminal.standardOutput(new, terminator: "") }
      }
    } catch let error as Cancelled {
      Terminal.standardOutput(stream.rest)
      throw error
    }
    Terminal.standardOutput(stream.rest)
    if stream.longest > model.configuration.maximumPositions {
      Terminal.standardError(
        "note: the model was made for \(model.configuration.maximumPositions) tokens"
      )
    }
    if !quiet { Terminal.standardError(rate.summary(prompts: prompts.map(\.count))) }
    return .done
  }

  /// The tokens of a prompt, with the one that starts a text where the model has it.
  private func tokens(
    of prompt: String,
    _ tokenizer: Tokenizer,
    _ beginning: TextBeginning
  ) -> [Int] {
    let tokens = tokenizer.encode(prompt, addingSpecialTokens: false)
    // Some tokenizers add no beginning, but an empty text needs one.
    guard beginning.isAdded || tokens.isEmpty, let token = beginning.token else { return tokens }
    return [token] + tokens
  }
}
