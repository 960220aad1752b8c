public import BillhookModels

/// Trains a model, usually to bring back what pruning took away.
public protocol Recovery: Plugin {
  /// The model after training on the data.
  func train(_ model: LanguageModel, on tokens: TokenSet, _ context: RunContext) throws
    -> LanguageModel
}

extension Recovery {
  /// Recoveries stand behind `recover`.
  public static var kind: PluginKind { .recovery }
}
