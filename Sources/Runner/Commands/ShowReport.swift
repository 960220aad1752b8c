import ArgumentParser
import BillhookCore
import BillhookPage
import BillhookPipeline
import BillhookRecipe

/// `billhook report`: shows what earlier runs measured.
struct ShowReport: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the tables of earlier runs."
  )

  @Argument(
    help: ArgumentHelp(
      "The runs: names, numbers or folders; of a recipe or its folder the newest. (default: the "
        + "newest)"
    ),
    transform: PathArgument.path
  )
  var runs: [String] = []

  @Option(help: "The work folder that names are looked for in.", transform: PathArgument.path)
  var work = ".billhook"

  @Flag(help: "Comma-separated values, numbers in full.")
  var csv = false

  @Flag(help: "A table in Markdown.")
  var markdown = false

  @Option(
    help: "Write a page with tables and charts of all these runs to a file.",
    completion: .file(extensions: ["html"]),
    transform: PathArgument.path
  )
  var html: String?

  @Flag(help: "Show all scores, what was removed, and the shapes of the models as well.")
  var details = false

  @Flag(help: "Show all columns of the table, however wide.")
  var wide = false

  func validate() throws {
    if csv, markdown { throw ValidationError("--csv and --markdown exclude each other") }
    if html != nil, csv || markdown || details || wide {
      throw ValidationError(
        "--html writes a page; --csv, --markdown, --details and --wide are for what is printed"
      )
    }
    if csv || markdown, details || wide {
      throw ValidationError("--details and --wide are for the table, not for --csv or --markdown")
    }
  }

  func run(with registry: Registry) -> ExitStatus {
    do {
      if let html {
        try writePage(to: html)
        return .done
      }
      for folder in try folders() {
        let report = try Report(ofRun: folder)
        let table = ReportTable(report)
        let title = name(folder)
        if !csv { Terminal.standardOutput(markdown ? "## \(title.asMarkdown)\n" : title) }
        let shown = csv ? table.csv : markdown ? table.markdown : lines(of: table)
        for line in shown { Terminal.standardOutput(line) }
        if report.rows.isEmpty, !csv { Terminal.standardOutput("nothing has been measured") }
        if csv || markdown { continue }
        for line in table.notes(within: width, details: details) {
          Terminal.standardOutput(loud: line)
        }
      }
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func writePage(to path: String) throws {
    guard try SealedPage.mayReplace(path, by: .report) else {
      throw FileError(
        path,
        "exists and is not a page that Billhook wrote, or was changed since, so it is not replaced; choose "
          + "another path"
      )
    }
    let runs = try folders().map { folder in
      ReportPage.Run(name: name(folder), try Report(ofRun: folder))
    }
    try FileSystem.write(Array(ReportPage(of: runs).text.utf8), to: path)
    Terminal.standardOutput("page: \(path)")
  }

  private var width: Int? { wide ? nil : Terminal.width }

  private func lines(of table: ReportTable) -> [String] {
    table.lines(within: width, details: details)
      + table.report.failures.flatMap { failure in
        let place = failure.branches.isEmpty ? "" : "[\(failure.branches.label)] "
        let stage = failure.stage.map { "\($0): " } ?? ""
        return ReportTable.wrapped("failed: \(place)\(stage)\(failure.message)", width)
      }
  }

  private func name(_ folder: String) -> String {
    folder.split(separator: "/").last.map(String.init) ?? folder
  }

  private func folders() throws(FileError) -> [String] {
    let known = try WorkFolder(lookingAt: work)?.runs() ?? []
    guard runs.isEmpty else {
      return try runs.map { (run) throws(FileError) in try folder(of: run, among: known) }
    }
    guard let newest = known.last else {
      throw FileError(work, "holds no run\(Self.advice)")
    }
    return ["\(work)/runs/\(newest.text)"]
  }

  private static let advice = "; name a run, a recipe or its folder, or the work folder with --work"

  /// The folder of a run that is named by its path, its name or its number, or of the newest run of a
  /// recipe or in a folder.
  private func folder(of run: String, among known: [RunName]) throws(FileError) -> String {
    if let newest = try newest(of: run) { return newest }
    if FileSystem.isDirectory(run) { return run }
    let found = known.first { $0.text == run } ?? known.first { $0.number == Int(run) }
    if let found { return "\(work)/runs/\(found.text)" }
    let meant =
      Suggestion.closest(to: run, among: known.map(\.text)).map { "; did you mean \($0)?" }
      ?? known.last.map { "; the newest is \($0.text)" }
    throw FileError(
      work,
      "holds no run `\(run)`" + (meant ?? Self.advice)
    )
  }

  /// The folder of the newest run of a recipe, or of any recipe in a folder; nil for what is neither, or
  /// was never run.
  private func newest(of path: String) throws(FileError) -> String? {
    guard FileSystem.exists(path) else { return nil }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let isFolder = FileSystem.isDirectory(path)
    let beside = isFolder ? path : parts.dropLast().joined(separator: "/")
    let work = beside.isEmpty && parts.count == 1 ? ".billhook" : "\(beside)/.billhook"
    let recipe =
      isFolder ? nil : parts.last?.split(separator: ".").dropLast().joined(separator: ".")
    let runs = try WorkFolder(lookingAt: work)?.runs() ?? []
    return runs.last { run in recipe.map(run.isOf) ?? true }.map { "\(work)/runs/\($0.text)" }
  }
}
