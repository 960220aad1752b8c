import BillhookModels

/// A cache of attention tables by kind of attention and columns.
struct SharedTables {
  private var known: [(shape: AttentionShape, span: Span, tables: AttentionTables)] = []

  /// The tables for an attention and some columns.
  mutating func tables(
    for shape: AttentionShape,
    _ span: Span,
    by decoder: Decoder
  ) throws -> AttentionTables {
    let found = known.first { $0.span == span && $0.shape.attendsLike(shape) }
    if let found { return found.tables }
    // Whole documents can have any length, so only a few tables are kept.
    if known.count >= 8 { known.removeAll() }
    let new = try decoder.tables(for: shape, span)
    known.append((shape, span, new))
    return new
  }
}
