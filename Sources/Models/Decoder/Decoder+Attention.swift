import BillhookTorch

extension Decoder {
  /// The queries, keys and values of an attention.
  struct Projected {
    /// The queries, rotated by their positions: `[batch, heads, tokens, head]`.
    let queries: Tensor
    /// The keys, rotated by their positions: `[batch, KV heads, tokens, head]`.
    let keys: Tensor
    /// The values, in the shape of the keys.
    let values: Tensor
    /// Zero where all queries and keys are finite, NaN where one of them is not.
    ///
    /// libtorch's attention treats NaN scores as masked keys, and gives zeros where there are no
    /// other keys; so this is added to its result.
    let fault: Tensor
  }

  /// The queries, keys and values of an attention's normalised input, `[batch, tokens, hidden]`.
  func projected(
    _ shape: AttentionShape,
    _ input: Tensor,
    _ weights: LentWeights,
    _ rotation: Rotation
  ) throws -> Projected {
    let (batch, tokens) = (input.shape[0], input.shape[1])
    let projected = try weights.project(
      input,
      [(.query, .queryBias), (.key, .keyBias), (.value, .valueBias)]
    ).map { try $0.reshaped([batch, tokens, -1, shape.headSize]) }
    func turned(_ states: Tensor, _ norm: WeightRole) throws -> Tensor {
      let states = try weights[norm].map { try normalised(states, $0) } ?? states
      return try rotation.applied(to: states.transposed(1, 2))
    }
    let queries = try turned(projected[0], .queryNorm)
    let keys = try turned(projected[1], .keyNorm)
    let fault = try withoutGradients {
      try (queries.detached().sum(dtype: .float32) + keys.detached().sum(dtype: .float32)) * 0
    }
    return Projected(
      queries: queries,
      keys: keys,
      values: try projected[2].transposed(1, 2),
      fault: try fault.to(input.dtype)
    )
  }

  /// The input of the output projection, `[batch, tokens, query heads · head]`, from the results of
  /// the heads, `[batch, heads, tokens, head]`; NaN where there is a fault.
  func attended(
    _ shape: AttentionShape,
    _ mixed: Tensor,
    _ closed: ClosedParts,
    _ fault: Tensor,
    like input: Tensor
  ) throws -> Tensor {
    var mixed = try mixed.to(input.dtype).transposed(1, 2)
    if mixed.requiresGradient { mixed = try mixed + fault } else { try mixed.add(fault) }
    if let mask = try closed.mask(ofHeads: shape, like: mixed) { mixed = try mixed * mask }
    return try mixed.reshaped([input.shape[0], input.shape[1], shape.queryHeads * shape.headSize])
  }

  /// The output of an attention, which is added to the hidden states.
  func projectedBack(_ mixed: Tensor, _ weights: LentWeights) throws -> Tensor {
    let output = try weights.project(mixed, .output, bias: .outputBias)
    return try normalisedIfNeeded(output, weights[.attentionOutputNorm])
  }

  /// The values that each query sees, weighted: `[batch, heads, tokens, head]`.
  func mixed(
    _ shape: AttentionShape,
    _ queries: Tensor,
    _ keys: Tensor,
    _ values: Tensor,
    _ visibility: AttentionTables.Visibility
  ) throws -> Tensor {
    var (keys, values) = (keys, values)
    var mask: Tensor?
    var isCausal = false
    switch visibility {
    case .causal: isCausal = true
    case .masked(let given): mask = try given.to(queries.dtype)
    case .recent(let window):
      let all = 0..<keys.shape[2]
      mask = try AttentionTables.mask(of: all, over: all, window)
        .to(queries.dtype, device: queries.device)
    case .columns(let range):
      keys = try keys.narrowed(2, to: range)
      values = try values.narrowed(2, to: range)
    case .apart(let rows):
      return try Tensor.joined(
        rows.enumerated().map { row, texts in
          func part(_ states: Tensor, _ text: AttentionTables.Visibility.Text) throws -> Tensor {
            try states.narrowed(0, to: row..<row + 1).narrowed(2, to: text.columns)
          }
          let parts = try texts.map {
            try mixed(shape, part(queries, $0), part(keys, $0), part(values, $0), $0.visibility)
          }
          return try Tensor.joined(parts, along: 2)
        },
        along: 0
      )
    }
    guard let cap = shape.softCap else {
      return try queries.attention(
        keys: keys,
        values: values,
        mask: mask,
        causal: isCausal,
        scale: shape.scale
      )
    }
    return try capped(shape, queries, keys, values, mask, cap)
  }

  /// Attention with soft-capped scores, for which libtorch has no single operation.
  private func capped(
    _ shape: AttentionShape,
    _ queries: Tensor,
    _ keys: Tensor,
    _ values: Tensor,
    _ mask: Tensor?,
    _ cap: Double
  ) throws -> Tensor {
    let (batch, tokens) = (queries.shape[0], queries.shape[2])
    let groups = [batch, shape.keyValueHeads, -1, tokens, shape.headSize]
    let scale = shape.scale ?? 1 / Double(shape.headSize).squareRoot()
    var scores = try queries.reshaped(groups).matmul(keys.unsqueezed(2).transposed(3, 4)) * scale
    scores = try scores.softCapped(cap)
    if let mask { scores = try scores + (mask.shape.count == 4 ? mask.unsqueezed(1) : mask) }
    let shares = try scores.to(.float32).softmax(-1).to(queries.dtype)
    return try shares.matmul(values.unsqueezed(2))
      .reshaped([batch, shape.queryHeads, tokens, shape.headSize])
  }
}
