import ArgumentParser
import BillhookCore

/// `billhook new`: begins something of your own.
struct New: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Begin a plugin of your own.",
    subcommands: [NewPlugin.self]
  )
}

/// `billhook new plugin`: writes a package with a plugin to fill in.
struct NewPlugin: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin",
    abstract: "Write a package of your own with a plugin that works, to fill in.",
    discussion: """
      The package holds the plugin, a test that checks what its kind promises, a recipe that uses \
      it, and a Makefile that fetches libtorch: `make test` and `make run` are enough. It builds \
      all of billhook with the plugin in it.
      """
  )

  @Argument(help: "What recipes call the plugin: lower case, digits and underscores.")
  var name: String

  @Option(help: "The kind of plugin.")
  var kind = KindArgument(.criterion)

  @Option(
    help: ArgumentHelp(
      "Where Billhook is: a folder, or the URL of a repository with a tag for this version. "
        + "(default: the checkout that this program was built in)",
      valueName: "path or url"
    ),
    transform: PathArgument.path
  )
  var billhook: String?

  @Option(
    help: "The folder that the package's folder is made in.",
    completion: .directory,
    transform: PathArgument.path
  )
  var `in` = "."

  func run(with registry: Registry) -> ExitStatus {
    do {
      let kind = kind.kind
      let names = try PluginNames(name, kind: kind, registry)
      let source = try billhook.map { try BillhookSource($0) } ?? .ofThisProgram()
      try source.check()
      let package = PluginPackage(names, PluginTemplate(kind, names), source)
      let folder = try package.write(in: `in`)
      Terminal.standardOutput("\(folder): \(kind.phrase) to fill in; begin with")
      Terminal.standardOutput("")
      Terminal.standardOutput("  cd \(Quoted.shellWord(folder))")
      Terminal.standardOutput("  make test    # fetches libtorch once, builds, tries the plugin")
      Terminal.standardOutput("  make run     # runs \(names.recipe) on a tiny model")
      return .done
    } catch let error as ValidationError {
      Terminal.standardError("error: \(error.message)")
      return .usage
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }
}
