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
    let attention = block.attention.map(weights(of:)) ?? []
    let mlp = block.mlp.map(weights(of:)) ?? []
    return (attention + mlp).map { (WeightID($0, block: block.sourceIndex), $1) }
  }

  private func weights(of attention: AttentionShape) -> [(WeightRole, [Int])] {
    let queries = attention.queryHeads * attention.headSize
    let keys = attention.keyValueHeads * attention.headSize
    var shapes: [(WeightRole, [Int])] =
      attention.hasInputNorm ? [(.attentionNorm, [hiddenSize])] : []
    shapes += [
      (.query, [queries, hiddenSize]),
      (.key, [keys, hiddenSize]),
      (.value, [keys, hiddenSize]),
    ]
    if attention.hasInputBias {
      shapes += [(.queryBias, [queries]), (.keyBias, [keys]), (.valueBias, [keys])]
    }
    switch attention.queryKeyNorm {
    case .eachHead:
      shapes += [(.queryNorm, [attention.headSize]), (.keyNorm, [attention.headSize])]
    case .allHeads: shapes += [(.queryNorm, [queries]), (.keyNorm, [keys])]
    case nil: break
    }
    shapes.append((.output, [hiddenSize, queries]))
    if attention.hasOutputBias { shapes.append((.outputBias, [hiddenSize])) }
    if attention.hasOutputNorm { shapes.append((.attentionOutputNorm, [hiddenSize])) }
    return shapes
  }

  private func weights(of mlp: MLPShape) -> [(WeightRole, [Int])] {
    var shapes: [(WeightRole, [Int])] = mlp.hasInputNorm ? [(.mlpNorm, [hiddenSize])] : []
    if mlp.isGated { shapes.append((.gate, [mlp.width, hiddenSize])) }
    shapes.append((.up, [mlp.width, hiddenSize]))
    if mlp.hasBias {
      if mlp.isGated { shapes.append((.gateBias, [mlp.width])) }
      shapes.append((.upBias, [mlp.width]))
    }
    shapes.append((.down, [hiddenSize, mlp.width]))
    if mlp.hasBias { shapes.append((.downBias, [hiddenSize])) }
    if mlp.hasOutputNorm { shapes.append((.mlpOutputNorm, [hiddenSize])) }
    return shapes
  }

  /// The roles of the weights after the last block.
  public var exitRoles: Set<WeightRole> { [.finalNorm, exitTable] }

  /// The table that turns hidden states into logits.
  public var exitTable: WeightRole { tiesEmbeddings ? .embedding : .head }

  /// Every weight with its shape: the embedding, the blocks in order, the final norm and the head.
  public var allWeights: [(id: WeightID, shape: [Int])] {
    modelWeights.prefix(1) + blocks.flatMap(weights(of:)) + modelWeights.dropFirst()
  }

  /// The number of parameters of the model as it is now; a tied table counts once.
  public var parameterCount: Int { Self.count(allWeights) }

  /// The number of parameters of a block.
  public func parameterCount(of block: BlockShape) -> Int { Self.count(weights(of: block)) }

  /// Whether its parameters are so few that nothing computed from their number overflows.
  var isCountable: Bool {
    var count = 0
    for (_, shape) in allWeights {
      var size = 1
      for length in shape {
        let (product, overflows) = size.multipliedReportingOverflow(by: length)
        guard !overflows else { return false }
        size = product
      }
      guard size <= (1 << 56) - count else { return false }
      count += size
    }
    return true
  }

  private static func count(_ weights: [(id: WeightID, shape: [Int])]) -> Int {
    weights.reduce(0) { $0 + $1.shape.reduce(1, *) }
  }
}
