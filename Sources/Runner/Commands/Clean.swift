import ArgumentParser
import BillhookCore
import BillhookPipeline

/// `billhook clean`: empties a work folder.
struct Clean: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove what runs computed and noted; saved models stay, and so does what Billhook "
      + "did not write."
  )

  @Argument(
    help: "The folder that the recipes are in.",
    completion: .directory,
    transform: PathArgument.path
  )
  var folder = "."

  @Option(
    help: "The work folder. (default: .billhook in the recipes' folder)",
    transform: PathArgument.path
  )
  var work: String?

  func run(with registry: Registry) -> ExitStatus {
    do {
      let path = work ?? (folder == "." ? ".billhook" : "\(folder)/.billhook")
      guard FileSystem.exists(path) else {
        Terminal.standardOutput("\(path): nothing is there")
        return .done
      }
      let cleaning = try WorkFolder.clean(path)
      let (stages, runs) = (counted(cleaning.stages, "stage"), counted(cleaning.runs, "run"))
      Terminal.standardOutput("\(path): removed \(stages) and \(runs)")
      for file in cleaning.left.prefix(20) {
        Terminal.standardError("note: \(file) stays; no run keeps it there, or it was changed")
      }
      if cleaning.left.count > 20 {
        Terminal.standardError("note: and so do \(cleaning.left.count - 20) more files")
      }
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }
}
