import BillhookRecipe

extension Value {
  /// The value as if all of it stood at a place of the recipe.
  ///
  /// One from the command line has no place there of its own.
  func placed(at span: SourceSpan) -> Value {
    switch kind {
    case .list(let values):
      Value(kind: .list(values.map { $0.placed(at: span) }), span: span)
    case .range(let lower, let upper):
      Value(kind: .range(lower.placed(at: span), upper.placed(at: span)), span: span)
    case .end(let end, let count):
      Value(kind: .end(end, count.placed(at: span)), span: span)
    case .string(let parts):
      Value(
        kind: .string(
          parts.map { part in
            if case .variable(let name, _) = part { .variable(name, span) } else { part }
          }
        ),
        span: span
      )
    default: Value(kind: kind, span: span)
    }
  }
}
