import BillhookCore
import BillhookRecipe

/// What `billhook explain` says about a plugin.
struct PluginPage {
  let lines: [String]

  /// Describes a plugin.
  ///
  /// - Parameters:
  ///   - plugin: The plugin.
  ///   - plus: Whether the `+` after a criterion's name was asked for as well.
  ///   - registry: The plugins that it may name.
  init(_ plugin: PluginDescription, plus: Bool, in registry: Registry) {
    let name = plugin.name + (plus ? "+" : "")
    var lines = Self.wrapped("\(name) (\(plugin.kind.noun)): \(plugin.summary)")
    let units = plugin.units(in: registry)
    if !units.isEmpty { lines += Self.wrapped("for " + units.joined(separator: ", ")) }
    if let reference = plugin.reference { lines += Self.section(reference) }
    lines += Self.section("after its name", plugin.arguments, areRequired: true)
    lines += Self.section("settings", plugin.settings)
    lines += Self.section("settings of every \(plugin.kind.noun)", plugin.sharedSettings)
    if plugin.kind == .criterion {
      lines += [
        "", "`\(plugin.name)+` is `\(plugin.name)` with `\(Keep.plus)`.",
        "What another `keep` says is kept as well; `keep none` switches the `+` off.",
      ]
    }
    if let example = plugin.example(suffix: plus ? "+" : "") {
      lines += ["", "in a recipe:", ""] + example.split(separator: "\n").map { "  \($0)" }
    }
    self.lines = lines
  }

  /// A published method: what it computes, where it was published, and where its sources differ.
  private static func section(_ reference: Reference) -> [String] {
    let formula = reference.formula.split(separator: "\n", omittingEmptySubsequences: false)
    var lines = ["", "computes:", ""] + formula.map { $0.isEmpty ? "" : "  \($0)" }
    lines += ["", "published:", ""]
    lines += reference.papers.flatMap { wrapped($0.text, first: "  ") }
    guard !reference.differences.isEmpty else { return lines }
    lines += ["", "where sources differ:", ""]
    return lines + reference.differences.flatMap { wrapped($0, first: "  - ") }
  }

  /// A text in lines of 80 cells; those after the first are indented.
  static func wrapped(_ text: String, first: String = "") -> [String] {
    let margin = String(repeating: " ", count: max(2, first.count))
    return (first + text).wrapped(toCells: 80, indent: margin)
  }

  /// Settings below a title, each with what it takes.
  static func section(
    _ title: String,
    _ settings: [PluginDescription.Setting],
    areRequired: Bool = false
  ) -> [String] {
    guard !settings.isEmpty else { return [] }
    let width = settings.map(\.name.count).max() ?? 0
    let margin = String(repeating: " ", count: width + 4)
    return ["", "\(title):"]
      + settings.flatMap { setting in
        let standard =
          areRequired ? "required" : setting.standard.map { "default \($0)" } ?? "no default"
        return wrapped(setting.help, first: "  \(setting.name.padded(to: width))  ")
          + wrapped("\(setting.permitted); \(standard)", first: margin)
      }
  }
}

extension String {
  /// The text, followed by spaces up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
