import BillhookTorch

/// What attention needs to know about positions: the rotation of queries and keys, and the mask.
///
/// They are made once for all blocks that attend alike.
public struct AttentionTables {
  let rotation: Rotation
  let visibility: Visibility

  /// Which keys a query sees.
  enum Visibility {
    /// All of the given columns.
    case columns(Range<Int>)
    /// Those up to its own position; there are as many queries as keys.
    case causal
    /// Those up to its own position, at most this many columns, in a text that is run in pieces.
    case recent(Int)
    /// Those to which a mask adds 0; it adds minus infinity to the others.
    case masked(Tensor)
    /// In each row, those of a query's own text that the text would let it see if it stood alone.
    case apart([[Text]])

    /// The columns of one of the texts in a row, and what is visible inside of it.
    struct Text {
      let columns: Range<Int>
      let visibility: Visibility
    }
  }

  /// The columns of each text in each row, where they are run in pieces; empty where every row is one
  /// text.
  let texts: [[Range<Int>]]

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
    texts = span.columnsOfTexts
    if !span.texts.isEmpty, !pieces.areNeeded(for: span.count) {
      var known: [Int: Visibility] = [:]
      for length in Set(span.texts.joined()) {
        if window >= length, shape.softCap == nil {
          known[length] = .causal
        } else {
          let all = 0..<length
          let mask = try Self.mask(of: all, over: all, window).to(dtype, device: device)
          known[length] = .masked(mask)
        }
      }
      visibility = .apart(
        texts.map { row in
          row.map { Visibility.Text(columns: $0, visibility: known[$0.count] ?? .causal) }
        }
      )
    } else if span.count == 1, span.padding.isEmpty {
      visibility = .columns(max(0, span.end - window)..<span.end)
    } else if pieces.areNeeded(for: span.count), span.start == 0, span.padding.isEmpty {
      // A full mask of columns by columns would be larger than anything else.
      visibility = .recent(window)
    } else if span.start == 0, window >= span.end, span.padding.isEmpty, shape.softCap == nil {
      visibility = .causal
    } else {
      visibility = .masked(try Self.mask(span, window).to(dtype, device: device))
    }
  }

  /// Whether the tables are for a text that is run in pieces.
  var isForPieces: Bool { if case .recent = visibility { true } else { false } }

  /// The mask that is added to the scores of some query columns over key columns, which end with
  /// the query columns: `[queries, keys]`.
  static func mask(
    of queries: Range<Int>,
    over keys: Range<Int>,
    _ window: Int
  ) throws(TorchError) -> Tensor {
    let start = queries.lowerBound - keys.lowerBound
    return try Tensor.full([queries.count, keys.count], 1)
      .lowerTriangle(upTo: start).upperTriangle(from: start - window + 1).log()
  }

  /// The mask of a span: `[queries, keys]`, or `[batch, 1, queries, keys]` where texts begin with
  /// empty columns.
  private static func mask(_ span: Span, _ window: Int) throws(TorchError) -> Tensor {
    let ones = try Tensor.full([span.count, span.end], 1)
    let seen = try ones.lowerTriangle(upTo: span.start).upperTriangle(from: span.start - window + 1)
    guard !span.padding.isEmpty else { return try seen.log() }
    let columns = span.padding.flatMap { padding in
      (0..<span.end).map { $0 < padding ? 0 : 1 as Float }
    }
    let filled = try Tensor(columns, shape: [span.padding.count, 1, 1, span.end])
    // Every column sees itself, even an empty one: a row that sees nothing has no softmax.
    let itself = try ones.lowerTriangle(upTo: span.start).upperTriangle(from: span.start)
    let others = try seen - itself
    return try (others * filled + itself).log()
  }
}
