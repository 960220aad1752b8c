public import BillhookFiles
public import BillhookTorch

/// The arithmetic of a decoder, one step at a time; the loop over the blocks belongs to the caller.
///
/// Hidden states are `[batch, tokens, hidden]`.
public struct Decoder: Sendable {
  let configuration: ModelConfiguration
  let dtype: DType
  let device: Device
  let sizes: PieceSizes

  /// Makes the decoder of a model, computing in the given type on the given device; long texts are
  /// cut into pieces of the given sizes.
  public init(
    _ configuration: ModelConfiguration,
    dtype: DType,
    device: Device,
    pieces sizes: PieceSizes = PieceSizes()
  ) {
    self.configuration = configuration
    self.dtype = dtype
    self.device = device
    self.sizes = sizes
  }

  /// The hidden states before the first block, for token ids `[batch, tokens]`, from the embedding
  /// table as it is stored.
  public func embed(_ ids: Tensor, _ table: Tensor) throws -> Tensor {
    let embedded = try table.embedding(ids.to(device: table.device)).to(dtype, device: device)
    guard let scale = configuration.embeddingScale else { return embedded }
    // The scale is rounded to the type of the arithmetic first, as in training.
    return try embedded * Tensor.full([1], scale, dtype: dtype, device: device)
  }

  /// The tables that blocks with this attention need for the positions of some columns.
  public func tables(for shape: AttentionShape, _ span: Span) throws -> AttentionTables {
    try AttentionTables(shape, span, dtype: dtype, device: device, pieces: sizes)
  }

  /// The hidden states after a block.
  ///
  /// - Parameters:
  ///   - block: The shape of the block; a sub-layer that it lacks passes its input on.
  ///   - hidden: The hidden states before the block.
  ///   - weights: The block's weights.
  ///   - tables: The tables for the block's attention and the states' columns.
  ///   - cache: The key-value cache with earlier columns, which these columns are added to.
  ///   - closed: What is switched off in the block.
  ///   - between: Called between two pieces of the work.
  ///   - observe: Called with the tensors at each `DecoderSite`; nil for none.
  /// - Returns: Hidden states of the same shape.
  /// - Throws: `FileError` when a weight is missing, `TorchError`, and what `between` and `observe`
  ///   throw.
  public func run(
    _ block: BlockShape,
    _ hidden: Tensor,
    _ weights: LentWeights,
    _ tables: AttentionTables?,
    cache: KeyValueCache? = nil,
    closed: ClosedParts = ClosedParts(),
    between: @escaping BetweenPieces = { _ in },
    observe: ((DecoderSite, Tensor) throws -> Void)? = nil
  ) throws -> Tensor {
    if sizes.areNeeded(for: hidden.shape[1]), tables?.isForPieces ?? true {
      return try runInPieces(
        block,
        hidden,
        weights,
        tables,
        cache: cache,
        closed: closed,
        between: between,
        observe: observe
      )
    }
    var hidden = hidden
    if let attention = block.attention, let tables, !closed.attention {
      let input = try entering(attention, hidden, weights)
      try observe?(.input(.query), input)
      let found = try projected(attention, input, weights, tables.positions)
      let (keys, values) =
        try cache?.extend(block: block.sourceIndex, keys: found.keys, values: found.values)
        ?? (found.keys, found.values)
      try between(0.2)
      // A cache may keep keys and values in a wider type.
      let queries = try found.queries.to(keys.dtype)
      let mixed = try mixed(attention, queries, keys, values, tables.visibility)
      let output = try attended(attention, mixed, closed, found.fault, like: input)
      try observe?(.input(.output), output)
      let added = try projectedBack(output, weights)
      try observe?(.added(.output), added)
      hidden = try hidden + added
      try between(0.4)
    }
    try observe?(.afterAttention, hidden)
    return try throughMLP(block, hidden, weights, closed, observe: observe ?? { _, _ in })
  }

  /// The hidden states after the MLP of a block, from those before it.
  func throughMLP(
    _ block: BlockShape,
    _ hidden: Tensor,
    _ weights: LentWeights,
    _ closed: ClosedParts,
    observe: (DecoderSite, Tensor) throws -> Void
  ) throws -> Tensor {
    guard let mlp = block.mlp, !closed.mlp else { return hidden }
    let input = mlp.hasInputNorm ? try normalised(hidden, weights.require(.mlpNorm)) : hidden
    try observe(.input(.gate), input)
    var inner = try widened(mlp, input, weights)
    if let mask = try closed.mask(ofChannels: mlp, like: inner) { inner = try inner * mask }
    try observe(.input(.down), inner)
    let output = try weights.project(inner, .down, bias: .downBias)
    let added = try scaledIfNeeded(normalisedIfNeeded(output, weights[.mlpOutputNorm]))
    try observe(.added(.down), added)
    return try hidden + added
  }

  /// The channels of an MLP, `[batch, tokens, width]`, after the activation function.
  private func widened(_ mlp: MLPShape, _ input: Tensor, _ weights: LentWeights) throws -> Tensor {
    guard mlp.isGated else {
      return try mlp.activation.applied(to: weights.project(input, .up, bias: .upBias))
    }
    let wide = try weights.project(input, [(.gate, .gateBias), (.up, .upBias)])
    return try mlp.activation.applied(to: wide[0]) * wide[1]
  }

  /// The logits `[…, vocabulary]` of hidden states `[…, hidden]` after the last block.
  public func logits(_ hidden: Tensor, _ weights: LentWeights) throws -> Tensor {
    let states = try normalised(hidden, weights.require(.finalNorm))
    let logits = try weights.project(states, configuration.exitTable)
    let divided = try configuration.logitDivisor.map {
      try logits / Tensor.full([1], $0, dtype: logits.dtype, device: logits.device)
    }
    return try configuration.logitSoftCap.map { try (divided ?? logits).softCapped($0) }
      ?? divided ?? logits
  }

  /// The input of an attention's projections.
  func entering(
    _ attention: AttentionShape,
    _ hidden: Tensor,
    _ weights: LentWeights
  ) throws -> Tensor {
    attention.hasInputNorm ? try normalised(hidden, weights.require(.attentionNorm)) : hidden
  }

  func normalised(_ hidden: Tensor, _ weight: Tensor) throws -> Tensor {
    let norm = configuration.norm
    guard norm.hasOffset else { return try hidden.rmsNorm(weight, epsilon: norm.epsilon) }
    // In f32, because one plus a small weight rounds to one in a narrower type.
    return try hidden.to(.float32)
      .rmsNorm(weight.to(.float32) + 1, epsilon: norm.epsilon).to(hidden.dtype)
  }

  func normalisedIfNeeded(_ hidden: Tensor, _ weight: Tensor?) throws -> Tensor {
    try weight.map { try normalised(hidden, $0) } ?? hidden
  }

  func scaledIfNeeded(_ added: Tensor) throws -> Tensor {
    try configuration.residualScale.map { try added * $0 } ?? added
  }
}

extension Activation {
  func applied(to states: Tensor) throws(TorchError) -> Tensor {
    switch self {
    case .silu: try states.silu()
    case .gelu: try states.gelu(approximatedByTanh: false)
    case .geluTanh: try states.gelu(approximatedByTanh: true)
    case .squaredReLU: try { (x: Tensor) throws(TorchError) in try x * x }(states.relu())
    }
  }
}

extension Tensor {
  /// `cap · tanh(x / cap)`, element by element.
  func softCapped(_ cap: Double) throws(TorchError) -> Tensor {
    try (self / Tensor.full([1], cap, dtype: dtype, device: device)).tanh() * cap
  }
}
