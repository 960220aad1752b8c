public import BillhookCore

/// The plugins that come with Billhook.
public enum BuiltinPlugins {
  /// All built-in plugins, in no particular order.
  public static let all: [any Plugin.Type] = [
    Block.self, AttentionSublayer.self, MLPSublayer.self, AttentionHead.self, MLPChannel.self,
    Weight.self,
    Magnitude.self, Taylor.self, LoRATaylor.self, RemovalPerplexity.self, ScoresFromFile.self,
    Wanda.self, WandaSp.self, Flap.self, BlockInfluence.self, AngularDistance.self,
    OptimalBrainSurgeon.self,
    Gradients.self, RemovalLosses.self, InputMoments.self, InputNorms.self, BlockSimilarity.self,
    LastTokenStates.self, InputGram.self, WindowMoments.self, Spectra.self, OutlierRatio.self,
    Global.self, Uniform.self, PerBlock.self, AlphaPruning.self, OutlierWeighed.self,
    Evolution.self, PolicyGradient.self,
    BiasCompensation.self, SparseGPT.self, MultipleRemoval.self, AlternatingDirections.self,
    DSnoT.self, Barber.self,
    GPTQ.self, RoundToNearest.self,
    LoRA.self, ContinuedPretraining.self, KnowledgeDistillation.self,
    TextFile.self, JSONLines.self, Instructions.self, Conversations.self,
    Blend.self, TokenIDs.self, TaskData.self,
    Perplexity.self, Likeness.self, Accuracy.self, ExactMatch.self, Samples.self, Speed.self,
    HuggingFace.self, GGUF.self,
  ]
}
