import ArgumentParser
import BillhookCore
import BillhookPipeline

/// `billhook bench`: measures how fast models generate text.
struct Bench: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure how fast one or several models generate text.",
    discussion: """
      Every model is measured under every load: a batch of random prompts, each with a number of \
      tokens in and out. Models take turns, run by run, so that whatever else the machine does \
      affects all of them alike. The default loads are those of the Shortened LLaMA paper.
      """
  )

  @Argument(
    help: "The models' directories, or GGUF files.",
    completion: .file(),
    transform: PathArgument.path
  )
  var models: [String]

  @Option(
    parsing: .unconditional,
    help: "Texts at once, with commas between several loads: 1,8.",
    transform: Counts.batches
  )
  var batch = Counts([1])

  @Option(
    parsing: .unconditional,
    help: "Tokens that each text begins with.",
    transform: Counts.tokens
  )
  var prompt = Counts([12])

  @Option(
    parsing: .unconditional,
    help: "Tokens that are generated for each text.",
    transform: Counts.tokens
  )
  var output = Counts([128, 512])

  @Option(
    parsing: .unconditional,
    help: "Runs before those that count, from 0 to 1000.",
    transform: FlagRange(SpeedMeasurement.allowedWarmUps).number
  )
  var warmup = 1

  @Option(
    parsing: .unconditional,
    help: "Runs that count, from 1 to 1000.",
    transform: FlagRange(SpeedMeasurement.allowedRepeats).number
  )
  var `repeat` = 5

  @Option(
    parsing: .unconditional,
    help: "The seed of the prompts' random tokens, from 0 on.",
    transform: FlagRange.seed.number
  )
  var seed: UInt64 = 0

  @OptionGroup var arithmetic: ComputeOptions

  @OptionGroup var machine: MachineOptions

  @Option(help: "How the result is shown: table, csv or json.")
  var format = Format.table

  @Flag(help: "Show all columns of the table, however wide.")
  var wide = false

  @Flag(help: "Do not show progress.")
  var quiet = false

  /// The forms of the result.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case table, csv, json
  }

  func run(with registry: Registry) -> ExitStatus {
    do {
      Interrupt.listen()
      LostFile.listen()
      try machine.prepare()
      return try measure()
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private var loads: [GenerationLoad] {
    batch.values.flatMap { batch in
      prompt.values.flatMap { prompt in
        output.values.map { GenerationLoad(batch: batch, prompt: prompt, output: $0) }
      }
    }
  }

  private func measure() throws -> ExitStatus {
    let models = try zip(models, Self.names(of: models)).map(open)
    var measurement = SpeedMeasurement()
    measurement.warmUps = warmup
    measurement.repeats = `repeat`
    measurement.seed = seed
    let clock = RunClock(after: [:])
    let display = ProgressDisplay(clock, isQuiet: quiet, isInteractive: Terminal.isInteractive)
    let context = RunContext(
      device: machine.device,
      scratch: "",
      progress: {
        clock.take($0)
        display.show($0)
      },
      isCancelled: { Interrupt.isRequested }
    )
    var rows: [SpeedTable.Row] = []
    do {
      for load in loads {
        let start = ContinuousClock.now
        let stage = "batch \(load.batch), \(counted(load.prompt, "token")) in, \(load.output) out"
        context.progress(.began(stage: stage))
        let subjects = models.map { SpeedMeasurement.Subject($0.model, dtype: $0.dtype) }
        let speeds = try measurement.speeds(of: subjects, under: load, context)
        rows += try zip(models, speeds).map { opened, speed in
          SpeedTable.Row(
            model: opened.name,
            parameters: opened.model.parameterCount,
            bytes: try opened.model.byteCount(),
            dtype: opened.dtype,
            speed: speed
          )
        }
        let seconds = (ContinuousClock.now - start).seconds
        context.progress(.ended(stage: stage, seconds: seconds, result: ""))
      }
    } catch is Cancelled {
      display.clear()
      show(rows)
      Terminal.standardError("interrupted; loads that were not fully measured are left out")
      return Interrupt.status
    }
    display.clear()
    show(rows)
    return .done
  }

  private struct Opened {
    let name: String
    let model: LanguageModel
    let dtype: DType
  }

  /// What the table calls models: their paths, of which a repeated one is numbered.
  private static func names(of paths: [String]) -> [String] {
    paths.indices.map { index in
      let number = paths[...index].count { $0 == paths[index] }
      return number == 1 ? paths[index] : "\(paths[index]) (\(number))"
    }
  }

  private func open(_ path: String, as name: String) throws -> Opened {
    let model = try LanguageModel(named: path)
    for remark in model.remarks { Terminal.standardError("note: \(remark)") }
    do {
      for load in loads { try load.check(model) }
    } catch {
      throw DataError("\(path): \(error)")
    }
    let dtype = try arithmetic.dtype(of: model)
    let needed = loads.map { $0.memory(of: model, dtype: dtype) }.max() ?? 0
    if machine.device == .cpu, needed > Machine.memory {
      Terminal.standardError(
        "note: \(path) takes about \(Quantity.bytes(needed)) of memory, and this machine has "
          + Quantity.bytes(Machine.memory)
      )
    }
    return Opened(name: name, model: model, dtype: dtype)
  }

  private func show(_ rows: [SpeedTable.Row]) {
    let conditions = SpeedTable.Conditions(
      device: machine.device,
      threads: Runtime.threadCount,
      warmUps: warmup,
      seed: seed
    )
    let table = SpeedTable(rows: rows, conditions: conditions)
    switch format {
    case .table:
      let width = wide ? nil : Terminal.width
      table.lines(within: width).forEach { Terminal.standardOutput($0) }
    case .csv: table.csv.forEach { Terminal.standardOutput($0) }
    case .json: Terminal.standardOutput(table.json.text())
    }
  }
}
