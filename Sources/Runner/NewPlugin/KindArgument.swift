import ArgumentParser
import BillhookCore

/// A kind of plugins on the command line, by its word.
struct KindArgument: ExpressibleByArgument {
  static let allValueStrings = PluginKind.allCases.map(\.rawValue)

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  let kind: PluginKind

  var defaultValueDescription: String { kind.rawValue }

  init(_ kind: PluginKind) { self.kind = kind }

  init?(argument: String) {
    guard let kind = PluginKind(rawValue: argument) else { return nil }
    self.kind = kind
  }
}
