package import BillhookEngine
import BillhookFiles

/// A folder in which passes over a model write how far they are.
package struct PassFolder: Sendable {
  /// The folder; its name identifies what is computed, so that nothing else is taken for it.
  package let path: String
  /// The shortest time from one write to the next.
  package let interval: Duration

  /// The names of the files that passes write there: one for each form of the traversal, and one of
  /// searches.
  private static let stems = ["activations", "gradients", "removals", "search"]

  /// Whether a file has a name that passes write under, finished or not.
  package static func isFile(_ name: String) -> Bool {
    stems.contains { stem in
      ["", FileSystem.unfinished].contains { name == "\(stem).safetensors\($0)" }
    }
  }

  /// A folder, written to once a minute at most.
  package init(_ path: String, interval: Duration = .seconds(60)) {
    self.path = path
    self.interval = interval
  }

  /// A folder, written to as often as a context says at most.
  package init(_ path: String, _ context: RunContext) {
    self.init(path, interval: context.passInterval)
  }
}
