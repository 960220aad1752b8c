import BillhookTorch

/// What becomes of queries and keys by their positions.
struct PositionTables {
  /// The rotation of queries and keys; nil for none.
  private let rotation: Rotation?
  /// Factors of queries, `[tokens, 1]`, or `[batch, 1, tokens, 1]` for texts of different lengths, or
  /// several of them in a row; nil for none.
  private let factors: Tensor?

  /// The tables for some columns, computed in f32 and rounded to `dtype`.
  init(
    _ shape: AttentionShape,
    _ span: Span,
    dtype: DType,
    device: Device
  ) throws(TorchError) {
    rotation = try shape.rotary.map { (rotary) throws(TorchError) in
      try Rotation(rotary, headSize: shape.headSize, span, dtype: dtype, device: device)
    }
    factors = try shape.queryScaling.map { (scaling) throws(TorchError) in
      try Self.factors(scaling, span).to(dtype, device: device)
    }
  }

  private init(rotation: Rotation?, factors: Tensor?) {
    self.rotation = rotation
    self.factors = factors
  }

  private static func factors(_ scaling: QueryScaling, _ span: Span) throws(TorchError) -> Tensor {
    let rows = span.positions
    return try Tensor(
      rows.joined().map(scaling.factor),
      shape: span.isAlike ? [span.count, 1] : [rows.count, 1, span.count, 1]
    )
  }

  /// The keys `[batch, KV heads, tokens, head]` at their positions.
  func applied(toKeys keys: Tensor) throws(TorchError) -> Tensor {
    try rotation?.applied(to: keys) ?? keys
  }

  /// The queries `[batch, heads, tokens, head]` at their positions.
  func applied(toQueries queries: Tensor) throws(TorchError) -> Tensor {
    let rotated = try rotation?.applied(to: queries) ?? queries
    guard let factors else { return rotated }
    return try rotated * factors
  }

  /// The tables for some of the columns, of texts without empty columns.
  func narrowed(to columns: Range<Int>) throws(TorchError) -> PositionTables {
    PositionTables(
      rotation: try rotation?.narrowed(to: columns),
      factors: try factors.map { (all) throws(TorchError) in
        try all.narrowed(all.shape.count - 2, to: columns)
      }
    )
  }
}
