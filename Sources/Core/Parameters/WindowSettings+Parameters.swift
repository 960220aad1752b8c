import BillhookEngine
import BillhookFiles

extension WindowSettings.Placement: Choice {}

extension WindowSettings.Beginning: Choice {}

extension WindowSettings {
  /// The settings as a recipe writes them, without those that are left out.
  package var signature: String { settings.joined(separator: ", ") }

  /// The settings that are not left out, each as a recipe writes it.
  package var settings: [String] { Self.parameters.compactMap { $0.setting(of: self) } }

  /// All settings with their types, for keys.
  package var keyPart: JSON {
    .object(Self.parameters.map { JSON.Member(key: $0.name, value: $0.keyPart(of: self)) })
  }

  /// The settings' names, ranges and help, as for a plugin.
  public static let parameters: [Parameter<WindowSettings>] = [
    Parameter("windows", \.windows, help: "one after another, or at random places"),
    Parameter(
      "length",
      \.length,
      in: 2...1_000_000,
      help: "tokens in a window; without it, whole documents"
    ),
    Parameter(
      "stride",
      \.stride,
      in: 1...1_000_000,
      help: "tokens from one window's start to the next; the last one ends with the text"
    ),
    Parameter("samples", \.samples, in: 1...1_000_000, help: "number of windows; without it, all"),
    Parameter("seed", \.seed, in: 0..., help: "the seed of the random numbers"),
    Parameter(
      "bos",
      \.bos,
      help: "where beginning-of-text tokens go; unless set, as the tokenizer says"
    ),
    Parameter("join", \.join, help: "what separates documents that are read as one text"),
  ]
}
