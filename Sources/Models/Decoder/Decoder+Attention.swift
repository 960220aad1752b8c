import BillhookTorch

extension Decoder {
  /// What the heads of an attention make of its normalised input, `[batch, tokens, hidden]`; the
  /// output projection has still to come: `[batch, tokens, query heads · head]`.
  ///
  /// `remember` takes the keys and values of the input, `[batch, KV heads, tokens, head]`, and
  /// gives those of all columns that there are.
  func attend(
    _ shape: AttentionShape,
    _ input: Tensor,
    _ weights: LentWeights,
    _ tables: AttentionTables,
    _ closed: ClosedParts,
    remember: (Tensor, Tensor) throws -> (Tensor, Tensor)
  ) throws -> Tensor {
    let (batch, tokens) = (input.shape[0], input.shape[1])
    let projected = try weights.project(
      input,
      [(.query, .queryBias), (.key, .keyBias), (.value, .valueBias)]
    ).map { try $0.reshaped([batch, tokens, -1, shape.headSize]) }
    func turned(_ states: Tensor, _ norm: WeightRole) throws -> Tensor {
      let states = try weights[norm].map { try normalised(states, $0) } ?? states
      return try tables.rotation.applied(to: states.transposed(1, 2))
    }
    let queries = try turned(projected[0], .queryNorm)
    let (keys, values) = try remember(
      turned(projected[1], .keyNorm),
      projected[2].transposed(1, 2)
    )
    // A cache may keep keys and values in a longer type.
    var mixed = try mixed(shape, queries.to(keys.dtype), keys, values, tables.visibility)
      .to(input.dtype).transposed(1, 2)
    if let mask = try closed.mask(ofHeads: shape, like: mixed) { mixed = try mixed * mask }
    return try mixed.reshaped([batch, tokens, shape.queryHeads * shape.headSize])
  }

  /// The values that each query sees, weighted: `[batch, heads, tokens, head]`.
  private func mixed(
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
    case .columns(let range):
      keys = try keys.narrowed(2, to: range)
      values = try values.narrowed(2, to: range)
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

  /// Attention with bent scores, for which libtorch has no single operation.
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
