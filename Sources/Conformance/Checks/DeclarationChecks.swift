import BillhookCore

extension Verdict {
  /// Checks what can be said of every plugin without running it.
  mutating func check(declarationOf plugin: any Plugin) {
    let type = type(of: plugin)
    _ = answer("it cannot be registered", breaking: .declared) { try Registry([type]) }
    _ = answer("it refuses its own settings", breaking: .declared) {
      do throws(ParameterProblem) {
        try plugin.validate()
      } catch {
        throw TrialError(description: error.message)
      }
    }
    require(
      type.summary.hasSuffix(".") && type.summary.count <= 100,
      .declared,
      "the summary has to be one sentence of 100 characters at most, found \"\(type.summary)\""
    )
    let description = PluginDescription(type)
    for setting in description.arguments + description.settings where setting.help.isEmpty {
      note(.declared, "the parameter `\(setting.name)` has no help")
    }
  }
}
