import ArgumentParser
import BillhookCore
import BillhookModels

/// `billhook report`: shows what earlier runs measured.
struct ShowReport: StatusCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Show the tables of earlier runs."
  )

  @Argument(help: "The folders of the runs, or their names. (default: the newest)")
  var runs: [String] = []

  @Option(help: "The work folder that names are looked for in.")
  var work = ".billhook"

  @Flag(help: "Comma-separated values, numbers in full.")
  var csv = false

  @Flag(help: "A table in Markdown.")
  var markdown = false

  func validate() throws {
    if csv, markdown { throw ValidationError("--csv and --markdown exclude each other") }
  }

  func run(with registry: Registry) -> ExitStatus {
    do {
      for folder in try folders() {
        let report = try Report(ofRun: folder)
        let table = ReportTable(report)
        if !csv { Terminal.standardOutput(markdown ? "## \(name(folder))\n" : name(folder)) }
        for line in csv ? table.csv : markdown ? table.markdown : table.lines {
          Terminal.standardOutput(line)
        }
        if report.rows.isEmpty, !csv { Terminal.standardOutput("nothing is measured yet") }
      }
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func name(_ folder: String) -> String {
    folder.split(separator: "/").last.map(String.init) ?? folder
  }

  private func folders() throws(ModelError) -> [String] {
    guard runs.isEmpty else {
      return runs.map { FileSystem.isDirectory($0) ? $0 : "\(work)/runs/\($0)" }
    }
    guard let newest = try WorkFolder(lookingAt: work)?.runs().last else {
      throw ModelError(work, "holds no run; name one, or the work folder with --work")
    }
    return ["\(work)/runs/\(newest.text)"]
  }
}
