import ArgumentParser
import BillhookCore
import BillhookRecipe

/// `billhook prune`: the usual job without a recipe.
struct Prune: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prune a model without writing a recipe.",
    discussion: "The recipe that does the same is printed first."
  )

  @Argument(help: "The model's directory, or a GGUF file.", completion: .file())
  var model: String

  @Option(
    help: "The criterion, as after `by` in a recipe. (default: ppl; none where units are named)",
    completion: .plugins
  )
  var by: String?

  @Option(help: "A text to calibrate on.", completion: .file())
  var on: String?

  @Option(help: "How much goes, as after `remove`: 6, 20%, 20% of parameters, [10, 13].")
  var remove: String

  @Option(help: "What stays, as after `keep`: first 4 last 2.")
  var keep: String?

  @Option(help: "The kind of units that go.", completion: .plugins)
  var unit = "block"

  @Option(
    help: "The windows of the calibration, from 1 to 1000000.",
    transform: FlagRange.samples.number
  )
  var samples = 10

  @Option(help: "The tokens of a window, from 2 on.", transform: FlagRange.windowLength.number)
  var length = 128

  @Option(
    help: "The seed of the calibration's windows, from 0 on.",
    transform: FlagRange<Int>.seed.number
  )
  var seed = 1234

  @Option(help: "The directory that the smaller model becomes.")
  var save: String

  @OptionGroup var options: RunOptions

  @OptionGroup var shown: DiagnosticOptions

  /// The recipe that the command line stands for.
  var recipe: String {
    var lines = ["model \(Self.quoted(model))"]
    if let on {
      lines.append("data calibration = text \(Self.quoted(on)) {")
      lines.append("  windows = random, samples = \(samples), length = \(length), seed = \(seed)")
      lines.append("}")
    }
    lines.append("prune \(unit)\(on == nil ? "" : " on calibration") {")
    let namesUnits = remove.drop { $0 == " " }.first == "["
    if let by = by ?? (namesUnits ? nil : "ppl") { lines.append("  by \(by)") }
    lines.append("  remove \(remove)")
    if let keep { lines.append("  keep \(keep)") }
    lines += ["}", "save \(Self.quoted(save))"]
    return lines.joined(separator: "\n") + "\n"
  }

  func run(with registry: Registry) -> ExitStatus {
    Launch.run(options.processes) { try run(with: registry, in: $0) }
  }

  private func run(with registry: Registry, in processes: ProcessGroup) throws -> ExitStatus {
    for line in recipe.split(separator: "\n") { Terminal.standardOutput(String(line)) }
    Terminal.standardOutput("")
    let file: RecipeFile
    do {
      file = try RecipeFile(
        SourceText(name: "command line", text: recipe),
        in: ".",
        registry: registry,
        for: options.machine,
        within: options.memory,
        eachOf: options.localSize(of: processes),
        work: options.work
      )
    } catch {
      try processes.meet(at: RecipeRun.reading, failing: .error("\(error)"))
      Terminal.standardError("error: \(error)")
      return .failed
    }
    return try RecipeRun(recipe: "prune", options: options, shown: shown, processes: processes)
      .run(file)
  }

  private static func quoted(_ text: String) -> String { "\(Literal.string(text))" }
}
