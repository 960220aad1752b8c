import BillhookTorch

/// What attention has to know about positions: how they turn queries and keys, and who sees whom.
///
/// Made once for all blocks that attend alike.
public struct AttentionTables {
  let rotation: Rotation
  let visibility: Visibility

  /// Which keys a query sees.
  enum Visibility {
    /// All of the given columns.
    case columns(Range<Int>)
    /// Those up to its own place, and there are as many queries as keys.
    case causal
    /// Those up to its own place, so many columns at most, of a text that is run in pieces.
    case recent(Int)
    /// Those that a mask adds 0 to; to the others it adds minus infinity.
    case masked(Tensor)
  }

  init(
    _ shape: AttentionShape,
    _ span: Span,
    dtype: DType,
    device: Device,
    pieces: PieceSizes
  ) throws(TorchError) {
    rotation = try Rotation(
      shape.rotary,
      headSize: shape.headSize,
      span,
      dtype: dtype,
      device: device
    )
    let window = shape.window ?? span.end
    if span.count == 1, span.padding.isEmpty {
      visibility = .columns(max(0, span.end - window)..<span.end)
    } else if pieces.areNeeded(for: span.count), span.start == 0, span.padding.isEmpty {
      // A mask of all columns over all would be larger than anything else.
      visibility = .recent(window)
    } else if span.start == 0, window >= span.end, span.padding.isEmpty, shape.softCap == nil {
      visibility = .causal
    } else {
      visibility = .masked(try Self.mask(span, window).to(dtype, device: device))
    }
  }

  /// Whether they are for a text that is run in pieces.
  var isForPieces: Bool { if case .recent = visibility { true } else { false } }

  /// What is added to the scores of some columns over some others, of which the last are theirs:
  /// `[queries, keys]`.
  static func mask(
    of queries: Range<Int>,
    over keys: Range<Int>,
    _ window: Int
  ) throws(TorchError) -> Tensor {
    let start = queries.lowerBound - keys.lowerBound
    return try Tensor.full([queries.count, keys.count], 1)
      .lowerTriangle(upTo: start).upperTriangle(from: start - window + 1).log()
  }

  /// `[queries, keys]`, or `[batch, 1, queries, keys]` where texts begin with empty columns.
  private static func mask(_ span: Span, _ window: Int) throws(TorchError) -> Tensor {
    let ones = try Tensor.full([span.count, span.end], 1)
    let seen = try ones.lowerTriangle(upTo: span.start).upperTriangle(from: span.start - window + 1)
    guard !span.padding.isEmpty else { return try seen.log() }
    let columns = span.padding.flatMap { padding in
      (0..<span.end).map { $0 < padding ? 0 : 1 as Float }
    }
    let filled = try Tensor(columns, shape: [span.padding.count, 1, 1, span.end])
    // Every column sees itself, the empty ones too: a row of nothing has no softmax.
    let itself = try ones.lowerTriangle(upTo: span.start).upperTriangle(from: span.start)
    let others = try seen - itself
    return try (others * filled + itself).log()
  }
}
