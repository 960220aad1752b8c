import ArgumentParser
import BillhookCore

/// `billhook inspect`: says what a model is made of.
struct Inspect: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a model is made of, and what of it can be pruned."
  )

  @Argument(
    help: "The model's directory, a GGUF file, or a config.json alone.",
    completion: .file(),
    transform: PathArgument.path
  )
  var model: String

  func run(with registry: Registry) -> ExitStatus {
    do {
      LostFile.listen()
      let model = try LanguageModel(named: model, mayBeConfiguration: true)
      for line in try ModelSummary(model, registry).lines {
        Terminal.standardOutput(words: line, indent: 16)
      }
      for remark in model.remarks { Terminal.standardError("note: \(remark)") }
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }
}
