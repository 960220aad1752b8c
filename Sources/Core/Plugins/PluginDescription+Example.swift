extension PluginDescription {
  /// A few lines of a recipe that show how the plugin is used; nil where recipes do not name it.
  ///
  /// - Parameter suffix: What follows the name, such as the `+` of a criterion.
  /// - Returns: Formatted text.
  public func example(suffix: String = "") -> String? {
    let words = ["\(name)\(suffix)"] + arguments.map(\.exampleValue)
    let plugin = words.joined(separator: " ")
    return switch kind {
    case .unit: Self.prune(plugin, by: "taylor", on: " on calibration")
    case .criterion where scoresInTraining:
      Self.prune(
        "mlp_channel",
        by: plugin + braces,
        on: " on training",
        "gradual cubic",
        "recover lora { rank = 8 }"
      )
    case .criterion:
      Self.prune(
        unit(of: [.block, .channels, .heads, .mlp, .attention, .weight]),
        by: plugin + braces,
        on: needsData ? " on calibration" : ""
      )
    case .evidence: nil
    case .allocation:
      Self.prune(
        "mlp_channel",
        by: "magnitude",
        on: needsData ? " on calibration" : "",
        "allocate \(plugin)\(braces)"
      )
    case .refiner:
      Self.prune("weight", by: "wanda", on: " on calibration", "refine \(plugin)\(braces)")
    case .search:
      Self.prune("mlp_channel", by: "wanda_sp", on: " on calibration", "search \(plugin)\(braces)")
    case .repair where granularities == [.weight]:
      Self.prune("weight", by: "wanda", on: " on calibration", "repair \(plugin)\(braces)")
    case .repair:
      Self.prune(
        unit(of: [.channels, .heads]),
        by: "flap",
        on: " on calibration",
        "repair \(plugin)\(braces)"
      )
    case .quantiser:
      "quantise weight\(needsData ? " on calibration" : "") {\n  by \(plugin)\(braces)\n  to = int4\n}"
    case .recovery: "recover \(plugin) on training\(braces)"
    case .data where dataForm != .text: "data questions = \(plugin)\(choice)"
    case .data where isMixture: "data mix = \(name) [wiki, chat] { shares = [70%, 30%] }"
    case .data where readsConversations: "data training = \(plugin) { length = 512 }"
    case .data: "data calibration = \(plugin) { windows = random, samples = 10, length = 128 }"
    case .evaluation:
      "evaluate \(plugin)\(needsData ? " on \(dataForm == .text ? "heldout" : "questions")" : "")\(braces)"
    case .format: "save \(plugin) \"out/small\"\(braces)"
    }
  }

  /// The first of some kinds of units that the plugin is for, by the name of the built-in unit.
  private func unit(of kinds: [UnitGranularity]) -> String {
    switch kinds.first(where: granularities.contains) {
    case .block, nil: "block"
    case .attention: "attention"
    case .mlp: "mlp"
    case .heads: "attention_head"
    case .channels: "mlp_channel"
    case .weight: "weight"
    }
  }

  /// What the plugin says itself, or the first setting with a value, in braces.
  private var braces: String {
    if let exampleSettings { return " { \(exampleSettings) }" }
    for setting in settings {
      guard let value = setting.standard, value != "[]", value != "\"\"" else { continue }
      return " { \(setting.name) = \(value) }"
    }
    return ""
  }

  /// The first setting that is a choice of words, in braces.
  private var choice: String {
    let found = settings.lazy.compactMap { setting in
      setting.choices.first.map { " { \(setting.name) = \($0) }" }
    }
    return found.first ?? ""
  }

  private static func prune(
    _ unit: String,
    by criterion: String,
    on data: String,
    _ clauses: String...
  ) -> String {
    let lines = ["by \(criterion)", "remove 20%"] + clauses
    return "prune \(unit)\(data) {\n" + lines.map { "  \($0)\n" }.joined() + "}"
  }
}

extension PluginDescription.Setting {
  /// A value for the example: the default, or for a string without one, the setting's name.
  fileprivate var exampleValue: String {
    guard let standard, standard != "\"\"", standard != "[]" else { return "\"\(name)\"" }
    return standard
  }
}
