/// The structure of a decoder language model, whatever family it belongs to.
public struct ModelConfiguration: Sendable {
  /// The class that the model's `config.json` names, for example `LlamaForCausalLM`.
  public internal(set) var architecture: String
  /// The number of tokens in the embedding.
  public let vocabularySize: Int
  /// The number of channels of the hidden states between blocks.
  public let hiddenSize: Int
  /// How hidden states are normalised.
  public let norm: NormDescription
  /// What embeddings are multiplied by; nil for no scaling.
  public let embeddingScale: Double?
  /// What the output of every sub-layer is multiplied by before it is added to the hidden states; nil
  /// for no scaling (Granite).
  public let residualScale: Double?
  /// What logits are divided by; nil for no scaling (Granite).
  public let logitDivisor: Double?
  /// The soft cap of logits, as in `cap · tanh(logit / cap)`; nil for none.
  public let logitSoftCap: Double?
  /// Whether logits are computed with the embedding's table.
  public internal(set) var tiesEmbeddings: Bool
  /// The longest sequence that the model was made for, in tokens.
  public let maximumPositions: Int
  /// The id of the token that starts a text; nil when the configuration names none.
  public let beginningToken: Int?
  /// Why the token that the configuration names for the start of a text is not valid; nil where it
  /// is, or none is named.
  public internal(set) var beginningTokenFault: String?
  /// The keys of `config.json` that ask for something and were ignored, because the family does not
  /// read them; with dots where they are nested.
  public internal(set) var unreadKeys: [String] = []
  /// The blocks, first to last.
  public var blocks: [BlockShape]
  /// The lists with an entry for each block that the family reads.
  let lists: Set<BlockList>
  /// The names of the family's tensors.
  var names: TensorNames
  /// The image model that this is the text model of; nil for a text model alone.
  var tower: TextTower?
  /// Where the files of an image model have the text model; nil for a text model alone.
  var layout: TensorNames.Layout?
  /// Whether an image model says whether logits are computed with the embedding's table.
  var namesTie = true
}

extension ModelConfiguration {
  /// Whether both compute the same from the same weights, however their blocks are numbered.
  public func computesLike(_ other: ModelConfiguration) -> Bool {
    norm == other.norm && embeddingScale == other.embeddingScale
      && residualScale == other.residualScale && logitDivisor == other.logitDivisor
      && logitSoftCap == other.logitSoftCap
      && tiesEmbeddings == other.tiesEmbeddings && maximumPositions == other.maximumPositions
      && blocks.map(\.attention) == other.blocks.map(\.attention)
      && blocks.map(\.mlp) == other.blocks.map(\.mlp)
  }
}

/// Root-mean-square normalisation.
///
/// Source: Zhang and Sennrich, Root Mean Square Layer Normalization, 2019, equation 4.
public struct NormDescription: Sendable, Equatable {
  /// What is added to the mean square.
  public var epsilon: Double
  /// Whether the scale is one more than the stored weight (Gemma).
  public var hasOffset = false
}
