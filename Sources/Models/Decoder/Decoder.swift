public import BillhookTorch

/// The arithmetic of a decoder, one step at a time; the loop over the blocks belongs to the caller.
///
/// Hidden states are `[batch, tokens, hidden]`.
public struct Decoder: Sendable {
  private let configuration: ModelConfiguration
  private let dtype: DType
  private let device: Device

  /// The arithmetic of a model in the given type, on the given device.
  public init(_ configuration: ModelConfiguration, dtype: DType, device: Device) {
    self.configuration = configuration
    self.dtype = dtype
    self.device = device
  }

  /// The hidden states in front of the first block, of token ids `[batch, tokens]`.
  public func embed(_ ids: Tensor, _ weights: LentWeights) throws -> Tensor {
    try weights.require(.embedding).embedding(ids.to(device: device))
  }

  /// The tables that turn queries and keys of sequences of this length.
  public func rotation(headSize: Int, tokens: Int) throws -> Rotation {
    try Rotation(
      configuration.rotary,
      headSize: headSize,
      tokens: tokens,
      dtype: dtype,
      device: device
    )
  }

  /// The hidden states behind a block.
  ///
  /// - Parameters:
  ///   - block: The shape of the block; a sub-layer that it lacks passes its input on.
  ///   - hidden: The hidden states in front of it.
  ///   - weights: The block's weights.
  ///   - rotation: The tables for the block's head size and the states' number of tokens.
  /// - Returns: Hidden states of the same shape.
  /// - Throws: `ModelError` when a weight is missing, and what libtorch refuses.
  public func run(
    _ block: BlockShape,
    _ hidden: Tensor,
    _ weights: LentWeights,
    _ rotation: Rotation?
  ) throws -> Tensor {
    var hidden = hidden
    if let attention = block.attention, let rotation {
      let input = try normalised(hidden, weights.require(.attentionNorm))
      hidden = try hidden + attend(attention, input, weights, rotation)
    }
    if block.mlp != nil {
      let input = try normalised(hidden, weights.require(.mlpNorm))
      let gate = try input.linear(weights.require(.gate), bias: weights[.gateBias]).silu()
      let up = try input.linear(weights.require(.up), bias: weights[.upBias])
      hidden = try hidden + (gate * up).linear(weights.require(.down), bias: weights[.downBias])
    }
    return hidden
  }

  /// The logits `[…, vocabulary]` of hidden states `[…, hidden]` behind the last block.
  public func logits(_ hidden: Tensor, _ weights: LentWeights) throws -> Tensor {
    let table = try weights[.head] ?? weights.require(.embedding)
    return try normalised(hidden, weights.require(.finalNorm)).linear(table)
  }

  private func normalised(_ hidden: Tensor, _ weight: Tensor) throws -> Tensor {
    try hidden.rmsNorm(weight, epsilon: configuration.normEpsilon)
  }

  private func attend(
    _ shape: AttentionShape,
    _ input: Tensor,
    _ weights: LentWeights,
    _ rotation: Rotation
  ) throws -> Tensor {
    let (batch, tokens) = (input.shape[0], input.shape[1])
    func heads(_ count: Int, _ weight: WeightRole, _ bias: WeightRole) throws -> Tensor {
      try input.linear(weights.require(weight), bias: weights[bias])
        .reshaped([batch, tokens, count, shape.headSize]).transposed(1, 2)
    }
    let queries = try rotation.applied(to: heads(shape.queryHeads, .query, .queryBias))
    let keys = try rotation.applied(to: heads(shape.keyValueHeads, .key, .keyBias))
    let values = try heads(shape.keyValueHeads, .value, .valueBias)
    return try queries.attention(keys: keys, values: values, causal: true)
      .transposed(1, 2).reshaped([batch, tokens, shape.queryHeads * shape.headSize])
      .linear(weights.require(.output), bias: weights[.outputBias])
  }
}
