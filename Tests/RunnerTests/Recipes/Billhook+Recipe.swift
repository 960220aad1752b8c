import BillhookCore
import TestSupport

extension Billhook {
  /// Writes a recipe into a folder, with the golden model as `model` and its tokens as a file.
  static func recipe(_ text: String, in folder: String) throws -> String {
    let golden = try Golden("llama-gqa")
    try FileSystem.write(
      Array(TokenFile.text(golden.tokens).utf8),
      to: "\(folder)/windows.txt"
    )
    let head = """
      model "\(golden.model.directory.path)"
      data windows = tokens "windows.txt" { bos = none }

      """
    try FileSystem.write(Array((head + text).utf8), to: "\(folder)/test.recipe")
    return "\(folder)/test.recipe"
  }
}
