import ArgumentParser
import BillhookCore
import BillhookModels

/// `billhook clean`: empties a work folder.
struct Clean: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Remove what runs computed and noted; saved models stay."
  )

  @Argument(help: "The folder that the recipes are in.", completion: .directory)
  var folder = "."

  @Option(help: "The work folder. (default: .billhook in the recipes' folder)")
  var work: String?

  func run(with registry: Registry) -> ExitStatus {
    do {
      let path = work ?? (folder == "." ? ".billhook" : "\(folder)/.billhook")
      guard FileSystem.isDirectory(path) else {
        Terminal.standardOutput("\(path): nothing is there")
        return .done
      }
      let removed = try WorkFolder(path).clean()
      let (stages, runs) = (counted(removed.stages, "stage"), counted(removed.runs, "run"))
      Terminal.standardOutput("\(path): removed \(stages) and \(runs)")
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }
}
