import BillhookPipeline
import ArgumentParser
import BillhookCore
import BillhookRecipe
import BillhookResolver

/// `billhook explain`: tells about plugins, the words of recipes, settings, and the codes of diagnostics.
struct Explain: StatusCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell about a plugin, a word, a setting or a code; without a name, list them."
  )

  @Argument(
    help: "A plugin, such as taylor, a word, such as keep, a setting, or a code, such as E0102.",
    completion: .plugins
  )
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Write a page about each plugin, in Markdown, into this folder.",
      valueName: "folder"
    ),
    completion: .directory,
    transform: PathArgument.path
  )
  var pages: String?

  @Flag(help: ArgumentHelp("List names only, for completions.", visibility: .hidden))
  var names = false

  func validate() throws {
    if name != nil, pages != nil { throw ValidationError("--pages is about all plugins") }
  }

  func run(with registry: Registry) -> ExitStatus {
    if let pages { return write(PluginDocuments(registry).files, into: pages) }
    if names {
      show(RecipeWord.all.map(\.name) + PluginKind.allCases.flatMap { registry.names(of: $0) })
      return .done
    }
    guard let name else {
      show(PluginIndex(registry).lines)
      return .done
    }
    let pages = pages(of: name, registry)
    guard !pages.isEmpty else {
      let meant = RecipeWord.suggestion(for: name, among: Self.names(registry))
      let help =
        meant.map { "did you mean `\($0)`?" } ?? RecipeWord.note(about: name)
        ?? "`billhook explain` lists what there is"
      Terminal.standardError("error: nothing is named `\(name.shown)`; \(help)")
      return .recipeErrors
    }
    show(Array(pages.joined(separator: [""])))
    return .done
  }

  /// The pages about a name: one, unless several things share the name.
  private func pages(of name: String, _ registry: Registry) -> [[String]] {
    let code = name.uppercased()
    let explanation =
      SyntaxCode(rawValue: code)?.explanation ?? PlanCode(rawValue: code)?.explanation
    if let explanation { return [explanation.lines(for: code)] }
    let words = RecipeWord.all.filter { $0.name == name }.map { WordPage($0).lines }
    let isPlus = name.hasSuffix("+")
    let plain = isPlus ? String(name.dropLast()) : name
    let kinds = registry.kinds(having: plain).filter { !isPlus || $0 == .criterion }
    let plugins = kinds.compactMap { registry.plugin($0, named: plain) }
      .map { PluginPage(PluginDescription($0), plus: isPlus, in: registry).lines }
    let settings = WordPage(ofSetting: name, registry).map { [$0.lines] } ?? []
    return words + plugins + settings
  }

  private static func names(_ registry: Registry) -> [String] {
    let plugins = PluginKind.allCases.flatMap { registry.names(of: $0) }
    return plugins + registry.names(of: .criterion).map { "\($0)+" }
      + RecipeWord.all.map(\.name) + WordPage.settingNames(registry)
      + SyntaxCode.allCases.map(\.rawValue) + PlanCode.allCases.map(\.rawValue)
  }

  /// Writes pages, in place of nothing or of pages that were written this way before.
  private func write(_ files: [String: String], into folder: String) -> ExitStatus {
    do {
      let pages = files.mapValues { SealedPage($0, by: .explain) }.sorted { $0.key < $1.key }
      let others = try pages.filter { name, _ in
        try !SealedPage.mayReplace("\(folder)/\(name)", by: .explain)
      }
      guard others.isEmpty else {
        throw FileError(
          folder,
          "holds files that `billhook explain --pages` did not write, or that were changed since: "
            + "\(others.map(\.key).joined(separator: ", ")); nothing is written: move them away, or "
            + "choose another folder"
        )
      }
      try FileSystem.makeDirectory(folder)
      for (name, page) in pages {
        try FileSystem.write(Array(page.text.utf8), to: "\(folder)/\(name)")
      }
      return .done
    } catch {
      Terminal.standardError("error: \(error)")
      return .failed
    }
  }

  private func show(_ lines: [String]) {
    for line in lines { Terminal.standardOutput(words: line, indent: 4) }
  }
}

/// What `billhook explain` says without a name.
struct PluginIndex {
  let lines: [String]

  init(_ registry: Registry) {
    let kinds = PluginKind.allCases.filter { !registry.names(of: $0).isEmpty }
    let width = kinds.flatMap { registry.names(of: $0) }.map(\.count).max() ?? 0
    var lines: [String] = []
    for (title, words) in [
      ("statements (one per line)", RecipeWord.all.filter { $0.kind == .statement }),
      ("clauses (in the braces of prune)", RecipeWord.all.filter { $0.kind == .clause }),
    ] {
      lines.append("\(title):")
      lines += words.map { "  \($0.name.padded(to: width))  \($0.summary)" } + [""]
    }
    for kind in kinds {
      let place = kind.place(of: "NAME")?.replacing("`", with: "") ?? "asked for by other plugins"
      lines.append("\(kind.plural) (\(place)):")
      for name in registry.names(of: kind) {
        let summary = registry.plugin(kind, named: name)?.summary ?? ""
        lines.append("  \(name.padded(to: width))  \(summary)")
      }
      lines.append("")
    }
    self.lines =
      lines + [
        "`billhook explain NAME` tells about one of them or about a setting, and",
        "`billhook explain E0102` about what a message with that code means.",
      ]
  }
}

extension String {
  /// The text as a message quotes it.
  fileprivate var shown: String { count > 60 ? prefix(59) + "…" : self }
}
