import BillhookModels

/// The tables of the kinds of attention and columns that were met, each made once.
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
    // Whole documents can be of any length; the tables of a few are enough to share.
    if known.count >= 8 { known.removeAll() }
    let new = try decoder.tables(for: shape, span)
    known.append((shape, span, new))
    return new
  }
}
