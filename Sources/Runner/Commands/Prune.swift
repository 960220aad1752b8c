import ArgumentParser
import BillhookCore
import BillhookRecipe

/// `billhook prune`: the usual job without a recipe.
struct Prune: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prune a model without writing a recipe.",
    discussion: "The recipe that does the same is printed first."
  )

  @Argument(
    help: "The model's directory, or a GGUF file.",
    completion: .file(),
    transform: PathArgument.path
  )
  var model: String

  @Option(
    help: "The criterion, as after `by` in a recipe. (default: ppl; none where units are named)",
    completion: .plugins
  )
  var by: String?

  @Option(
    help: "A text to calibrate on, which most criteria need.",
    completion: .file(),
    transform: PathArgument.path
  )
  var on: String?

  @Option(help: "How much goes, as after `remove`: 6, 20%, '20% of parameters', '[10, 13]'.")
  var remove: String

  @Option(help: "What stays, as after `keep`: 'first 4 last 2'.")
  var keep: String?

  @Option(help: "The kind of units that go.", completion: .plugins)
  var unit = "block"

  /// The windows that are calibrated on where no flag says otherwise.
  private enum Usual {
    static let samples = 10
    static let length = 128
    static let seed = 1234
  }

  @Option(
    parsing: .unconditional,
    help: "The windows of the calibration, from 1 to 1000000. (default: \(Usual.samples))",
    transform: FlagRange.samples.number
  )
  var samples: Int?

  @Option(
    parsing: .unconditional,
    help: "The tokens of a window, from 2 on. (default: \(Usual.length))",
    transform: FlagRange.windowLength.number
  )
  var length: Int?

  @Option(
    parsing: .unconditional,
    help: "The seed of the calibration's windows, from 0 on. (default: \(Usual.seed))",
    transform: FlagRange<Int>.seed.number
  )
  var seed: Int?

  @Option(
    help: "The directory that the smaller model becomes.",
    transform: PathArgument.path
  )
  var save: String

  @Flag(help: "Replace what an earlier run saved there.")
  var overwrite = false

  @Option(help: "How blocks of different shapes are written: custom or nemotron_nas.")
  var architecture: String?

  @OptionGroup var options: RunOptions

  @OptionGroup var shown: DiagnosticOptions

  /// The recipe that the command line stands for.
  var recipe: String {
    var lines = ["model \(Self.quoted(model))"]
    if let on {
      lines.append("data calibration = text \(Self.quoted(on)) {")
      lines.append(
        "  windows = random, samples = \(samples ?? Usual.samples), length = \(length ?? Usual.length), "
          + "seed = \(seed ?? Usual.seed)"
      )
      lines.append("}")
    }
    lines.append("prune \(unit)\(on == nil ? "" : " on calibration") {")
    if let criterion { lines.append("  by \(criterion)") }
    lines.append("  remove \(remove)")
    if let keep { lines.append("  keep \(keep)") }
    let settings = [
      overwrite ? "overwrite = true" : nil, architecture.map { "architecture = \($0)" },
    ].compactMap(\.self)
    let braces = settings.isEmpty ? "" : " { \(settings.joined(separator: ", ")) }"
    lines += ["}", "save \(Self.quoted(save))\(braces)"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// The criterion, as after `by`; nil where the units are named.
  private var criterion: String? {
    let namesUnits = remove.drop { $0 == " " }.first == "["
    return by ?? (namesUnits ? nil : "ppl")
  }

  func validate() throws {
    guard on == nil else { return }
    for (flag, value) in [("--samples", samples), ("--length", length), ("--seed", seed)]
    where value != nil {
      throw ValidationError("\(flag) is about the text of --on: name one, or leave \(flag) out")
    }
  }

  /// Why the criterion cannot score anything without a text; nil where it can, or is not known.
  private func lackOfText(_ registry: Registry) -> String? {
    guard on == nil, let criterion else { return nil }
    let name = String(criterion.prefix { $0 != " " && $0 != "{" && $0 != "+" })
    guard let type = registry.plugin(.criterion, named: name) else { return nil }
    let description = PluginDescription(type)
    guard description.needsData, !description.scoresInTraining else { return nil }
    let others = registry.names(of: .criterion).filter { other in
      guard let type = registry.plugin(.criterion, named: other) else { return false }
      let description = PluginDescription(type)
      return !description.needsData && !description.scoresInTraining
        && description.arguments.isEmpty
    }
    return "the criterion \(name)" + (by == nil ? ", which is taken without --by," : "")
      + " is computed on a text: name one with --on FILE"
      + (others.isEmpty
        ? "" : ", or take a criterion that needs none: --by \(others.joined(separator: ", --by "))")
  }

  func run(with registry: Registry) -> ExitStatus {
    if let lack = lackOfText(registry) {
      Terminal.standardError("error: \(lack)")
      return .usage
    }
    return Launch.run(options.processes) { try run(with: registry, in: $0) }
  }

  private func run(with registry: Registry, in processes: ProcessGroup) throws -> ExitStatus {
    for line in recipe.split(separator: "\n") { Terminal.standardOutput(String(line)) }
    Terminal.standardOutput("")
    let machine = try options.machine(ofOneOf: processes.size)
    let file: RecipeFile
    do {
      file = try RecipeFile(
        SourceText(name: "command line", text: recipe),
        in: ".",
        registry: registry,
        for: machine,
        within: options.memory,
        eachOf: options.localSize(of: processes),
        work: options.work
      )
    } catch {
      try processes.meet(at: RecipeRun.reading, failing: .error("\(error)"))
      Terminal.standardError("error: \(error)")
      return .failed
    }
    return try RecipeRun(
      recipe: "prune",
      options: options,
      machine: machine,
      shown: shown,
      processes: processes
    )
    .run(file)
  }

  private static func quoted(_ text: String) -> String { "\(Literal.string(text))" }
}
