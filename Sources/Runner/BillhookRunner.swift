import ArgumentParser
public import BillhookCore
import BillhookPipeline
import BillhookRecipe

/// The command line of Billhook, with whatever plugins it is given.
public enum BillhookRunner {
  /// Runs the command that the process was started with, and ends the process.
  ///
  /// - Parameter plugins: Everything that recipes may name: the built-in plugins and your own.
  public static func main(plugins: [any Plugin.Type]) -> Never {
    Terminal.prepare()
    Terminal.exit(status(of: nil, plugins: plugins))
  }

  /// Runs a command to its end inside of another program, whose streams and signals stay as they are.
  ///
  /// Not for `--threads`, `--processes` and what listens for signals, which are of the whole process.
  ///
  /// - Parameters:
  ///   - arguments: The command line, without the name of the program.
  ///   - plugins: Everything that recipes may name.
  /// - Returns: How it ended, with what it printed as results and as errors.
  package static func call(
    _ arguments: [String],
    plugins: [any Plugin.Type]
  ) -> (status: ExitStatus, output: String, errors: String) {
    let collected = CollectedOutput()
    let ended = CollectedOutput.$current.withValue(collected) {
      status(of: arguments, plugins: plugins)
    }
    return (ended, collected.results, collected.errors)
  }

  /// Runs a command, by default the one that the process was started with.
  private static func status(
    of arguments: [String]?,
    plugins: [any Plugin.Type]
  ) -> ExitStatus {
    do {
      let registry = try Registry(plugins)
      var command = try Billhook.parseAsRoot(arguments)
      if let command = command as? any StatusCommand { return command.run(with: registry) }
      try command.run()
      return .done
    } catch let error as RegistryError {
      Terminal.standardError("error: \(error)")
      return .failed
    } catch {
      let isUsage = Billhook.exitCode(for: error) != .success
      let text = Billhook.fullMessage(for: error)
      if isUsage { Terminal.standardError(text) } else { Terminal.standardOutput(text) }
      if isUsage, let meant = Billhook.command(meantBy: arguments ?? CommandLine.ownArguments) {
        Terminal.standardError("did you mean `billhook \(meant)`?")
      }
      return isUsage ? .usage : .done
    }
  }
}

/// The root of all commands.
struct Billhook: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "billhook",
    abstract: "Prune large language models by recipe.",
    version: "billhook \(BillhookVersion.current)",
    subcommands: [
      Run.self, Check.self, FormatRecipes.self, Explain.self, Generate.self, Bench.self,
      Inspect.self, Prune.self, New.self, Clean.self, ShowReport.self,
    ]
  )

  /// What somebody may have wanted whose command line begins with no command; nil where nothing comes close.
  static func command(meantBy arguments: [String]) -> String? {
    guard let first = arguments.first, !first.hasPrefix("-") else { return nil }
    let names = configuration.subcommands.map { $0._commandName }
    guard !names.contains(first) else { return nil }
    if first.hasSuffix(".recipe") { return "run \(first.printable)" }
    return Suggestion.closest(to: first, among: names)
  }
}

extension CommandLine {
  /// What the process was started with, without its own name.
  fileprivate static var ownArguments: [String] { Array(arguments.dropFirst()) }
}
