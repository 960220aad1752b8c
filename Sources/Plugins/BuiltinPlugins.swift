public import BillhookCore

/// The plugins that come with Billhook.
public enum BuiltinPlugins {
  /// All of them, in no particular order.
  public static let all: [any Plugin.Type] = [
    Block.self,
    Magnitude.self, Taylor.self, RemovalPerplexity.self, ScoresFromFile.self,
    Gradients.self, RemovalLosses.self,
    LoRA.self, ContinuedPretraining.self, KnowledgeDistillation.self,
    TextFile.self, JSONLines.self, Instructions.self, TokenIDs.self,
    Perplexity.self,
    HuggingFace.self,
  ]
}
