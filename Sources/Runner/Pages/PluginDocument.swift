import BillhookCore
import BillhookPipeline

/// A page about a plugin in Markdown, made from what the plugin declares.
struct PluginDocument {
  let text: String

  /// What the plugin is, and where recipes name it.
  private static func title(of plugin: PluginDescription) -> String {
    let phrase = plugin.kind.phrase
    let place = plugin.place ?? "what other plugins ask for"
    return "\(phrase.prefix(1).uppercased())\(phrase.dropFirst()): \(place)."
  }

  /// Describes a plugin among others, whose pages it links to.
  init(_ plugin: PluginDescription, in registry: Registry) {
    var parts = [
      "# `\(plugin.name)`", Self.title(of: plugin),
      plugin.summary,
    ]
    let facts = Self.facts(of: plugin, registry)
    if !facts.isEmpty { parts.append(facts.map { "- \($0)" }.joined(separator: "\n")) }
    if let reference = plugin.reference { parts += Self.parts(about: reference) }
    if !plugin.arguments.isEmpty {
      parts += ["## After its name", Self.table(plugin.arguments, areRequired: true)]
    }
    if !plugin.settings.isEmpty { parts += ["## Settings", Self.table(plugin.settings)] }
    let shared = plugin.sharedSettings
    if !shared.isEmpty {
      parts += ["## Settings of every \(plugin.kind.noun)", Self.table(shared)]
    }
    if let example = plugin.example() {
      parts += ["## In a recipe", "```recipe\n\(example)\n```"]
    }
    text = parts.joined(separator: "\n\n") + "\n"
  }

  /// A published method: what it computes, where it was published, and where its sources differ.
  private static func parts(about reference: Reference) -> [String] {
    func list(_ texts: [String]) -> String { texts.map { "- \($0)" }.joined(separator: "\n") }
    let papers = reference.papers.map { paper in
      paper.text.replacing(
        "arXiv \(paper.arXiv)",
        with: "[arXiv \(paper.arXiv)](https://arxiv.org/abs/\(paper.arXiv))"
      )
    }
    var parts = ["## What it computes", "```text\n\(reference.formula)\n```"]
    parts += ["## Published", list(papers)]
    if !reference.differences.isEmpty {
      parts += ["## Where sources differ", list(reference.differences)]
    }
    return parts
  }

  /// What a plugin needs and supports: units, data, evidence.
  private static func facts(of plugin: PluginDescription, _ registry: Registry) -> [String] {
    var facts: [String] = []
    let units = plugin.units(in: registry)
    if !units.isEmpty { facts.append("For " + units.map(link).joined(separator: ", ")) }
    if !plugin.evidence.isEmpty {
      let isOfWeights = plugin.kind == .allocation && !plugin.needsData
      facts.append(
        "Measures " + plugin.evidence.map(link).joined(separator: ", ")
          + (isOfWeights ? ", without data" : " on data")
      )
    } else if plugin.scoresInTraining {
      facts.append("Scores while a model is trained: in a `prune` with `gradual` and `recover`")
    } else if plugin.kind == .criterion {
      facts.append("Needs no data")
    }
    if plugin.kind == .criterion {
      facts.append("`\(plugin.name)+` is `\(plugin.name)` with `\(Keep.plus)`")
    }
    return facts
  }

  private static func table(
    _ settings: [PluginDescription.Setting],
    areRequired: Bool = false
  ) -> String {
    let head = areRequired ? ["name", "is", "value"] : ["name", "is", "value", "default"]
    let rows = settings.map { setting in
      ["`\(setting.name)`", setting.help, setting.permitted]
        + (areRequired ? [] : [setting.standard.map { "`\($0)`" } ?? ""])
    }
    return MarkdownTable([head] + rows).text
  }

  private static func link(_ name: String) -> String { "[`\(name)`](\(name).md)" }
}

extension PluginDescription {
  /// The names of the units that it is for.
  func units(in registry: Registry) -> [String] {
    registry.names(of: .unit).filter { name in
      switch registry.plugin(.unit, named: name)?.init() {
      case let unit as any PruningUnit: granularities.contains(unit.granularity)
      case let unit as any SparseUnit: granularities.contains(unit.granularity)
      default: false
      }
    }
  }
}

/// The pages about all plugins, and the one that lists them.
struct PluginDocuments {
  /// The texts of the files, by their names.
  let files: [String: String]

  init(_ registry: Registry) {
    var files: [String: String] = [:]
    var index = [
      "# Plugins",
      "Made by `make docs` from what the plugins declare; `billhook explain NAME` shows "
        + "the same.",
    ]
    for kind in PluginKind.allCases where !registry.names(of: kind).isEmpty {
      index.append("## \(kind.plural.prefix(1).uppercased())\(kind.plural.dropFirst())")
      var rows = [["name", "does"]]
      for plugin in registry.names(of: kind).compactMap({ registry.plugin(kind, named: $0) }) {
        let page = PluginDocument(PluginDescription(plugin), in: registry).text
        // Plugins of two kinds may share a name; then they share a page.
        files["\(plugin.name).md", default: ""] +=
          (files["\(plugin.name).md"] == nil ? "" : "\n") + page
        rows.append(["[`\(plugin.name)`](\(plugin.name).md)", plugin.summary])
      }
      index.append(MarkdownTable(rows).text)
    }
    files["README.md"] = index.joined(separator: "\n\n") + "\n"
    self.files = files
  }
}
