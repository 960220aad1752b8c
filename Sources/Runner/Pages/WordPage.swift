import BillhookCore
import BillhookRecipe
import BillhookResolver

/// What `billhook explain` says about a word of the language, or about a setting.
struct WordPage {
  let lines: [String]

  /// Describes a statement, a clause or a part of one.
  init(_ word: RecipeWord) {
    var lines = PluginPage.wrapped("\(word.name) (\(word.kind.rawValue)): \(word.summary)")
    lines += ["", "written:"]
    lines += word.forms.map { "  \($0)" }
    if !word.details.isEmpty {
      let details = word.details.split(separator: "\n").joined(separator: " ")
      lines += [""] + details.wrapped(toCells: 80)
    }
    lines += PluginPage.section("settings", word.settings)
    lines += ["", "in a recipe:", ""] + word.example.split(separator: "\n").map { "  \($0)" }
    self.lines = lines
  }

  /// Describes the settings with one name, whatever they belong to; nil where there are none.
  init?(ofSetting name: String, _ registry: Registry) {
    var found: [(owners: [String], setting: PluginDescription.Setting)] = []
    for (owner, setting) in Self.settings(registry) where setting.name == name {
      let known = found.firstIndex {
        $0.setting.help == setting.help && $0.setting.permitted == setting.permitted
          && $0.setting.standard == setting.standard
      }
      if let known {
        found[known].owners.append(owner)
      } else {
        found.append(([owner], setting))
      }
    }
    guard !found.isEmpty else { return nil }
    lines =
      ["\(name) (setting)"]
      + found.flatMap { owners, setting in
        let names = owners.map { "`\($0)`" }.joined(separator: ", ")
        let standard = setting.standard.map { "default \($0)" } ?? "no default"
        return [""] + PluginPage.wrapped("of \(names): \(setting.help)")
          + PluginPage.wrapped("\(setting.permitted); \(standard)", first: "  ")
      }
  }

  /// The names of all settings.
  static func settingNames(_ registry: Registry) -> [String] {
    Array(Set(settings(registry).map(\.setting.name))).sorted()
  }

  private static func settings(
    _ registry: Registry
  ) -> [(owner: String, setting: PluginDescription.Setting)] {
    let ofWords = RecipeWord.all.flatMap { word in word.settings.map { (word.name, $0) } }
    let ofPlugins = PluginKind.allCases.flatMap { kind in
      registry.names(of: kind).compactMap { registry.plugin(kind, named: $0) }
        .map(PluginDescription.init)
        .flatMap { plugin in (plugin.arguments + plugin.settings).map { (plugin.name, $0) } }
    }
    return ofWords + ofPlugins
  }
}
