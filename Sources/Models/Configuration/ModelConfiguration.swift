/// What a decoder language model is made of, whatever family it comes from.
public struct ModelConfiguration: Sendable {
  /// The class that the model's `config.json` names, for example `LlamaForCausalLM`.
  public let architecture: String
  /// The number of tokens that the embedding knows.
  public let vocabularySize: Int
  /// The channels of the hidden states between blocks.
  public let hiddenSize: Int
  /// What is added to the mean square in every normalisation.
  public let normEpsilon: Double
  /// How positions turn queries and keys.
  public let rotary: RotaryDescription
  /// Whether the exit of the model uses the embedding's table.
  public let tiesEmbeddings: Bool
  /// The longest sequence that the model was made for.
  public let maximumPositions: Int
  /// The id of the token that starts a text; nil when the configuration names none.
  public let beginningToken: Int?
  /// The blocks, first to last.
  public var blocks: [BlockShape]
  /// What the family calls its tensors.
  let names: TensorNames
}

/// Rotary position embedding: the base of its wavelengths.
///
/// Source: Su et al., RoFormer, 2021, arXiv 2104.09864, section 3.2.2.
public struct RotaryDescription: Sendable, Equatable {
  /// The base that the channel pairs' wavelengths are powers of.
  public let base: Double
}

extension ModelConfiguration {
  /// The shape of each of the model's own weights.
  public var modelWeights: [(id: WeightID, shape: [Int])] {
    var weights = [(WeightID(.embedding), [vocabularySize, hiddenSize])]
    weights.append((WeightID(.finalNorm), [hiddenSize]))
    if !tiesEmbeddings { weights.append((WeightID(.head), [vocabularySize, hiddenSize])) }
    return weights
  }

  /// The shape of each weight of a block, in the order of `WeightRole`.
  public func weights(of block: BlockShape) -> [(id: WeightID, shape: [Int])] {
    var shapes: [(WeightRole, [Int])] = []
    if let attention = block.attention {
      let queries = attention.queryHeads * attention.headSize
      let keys = attention.keyValueHeads * attention.headSize
      shapes += [
        (.attentionNorm, [hiddenSize]),
        (.query, [queries, hiddenSize]),
        (.key, [keys, hiddenSize]),
        (.value, [keys, hiddenSize]),
      ]
      if attention.hasInputBias {
        shapes += [(.queryBias, [queries]), (.keyBias, [keys]), (.valueBias, [keys])]
      }
      shapes.append((.output, [hiddenSize, queries]))
      if attention.hasOutputBias { shapes.append((.outputBias, [hiddenSize])) }
    }
    if let mlp = block.mlp {
      shapes += [
        (.mlpNorm, [hiddenSize]), (.gate, [mlp.width, hiddenSize]), (.up, [mlp.width, hiddenSize]),
      ]
      if mlp.hasBias { shapes += [(.gateBias, [mlp.width]), (.upBias, [mlp.width])] }
      shapes.append((.down, [hiddenSize, mlp.width]))
      if mlp.hasBias { shapes.append((.downBias, [hiddenSize])) }
    }
    return shapes.map { (WeightID($0, block: block.sourceIndex), $1) }
  }

  /// The roles of the weights at the exit of the model.
  public var exitRoles: Set<WeightRole> {
    tiesEmbeddings ? [.finalNorm, .embedding] : [.finalNorm, .head]
  }

  /// Every weight with its shape: the embedding, block after block, the exit.
  public var allWeights: [(id: WeightID, shape: [Int])] {
    modelWeights.prefix(1) + blocks.flatMap(weights(of:)) + modelWeights.dropFirst()
  }

  /// The number of parameters of the model as it stands; a tied table counts once.
  public var parameterCount: Int { Self.count(allWeights) }

  /// The number of parameters of a block.
  public func parameterCount(of block: BlockShape) -> Int { Self.count(weights(of: block)) }

  private static func count(_ weights: [(id: WeightID, shape: [Int])]) -> Int {
    weights.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }
}
