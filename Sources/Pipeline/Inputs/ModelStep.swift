package import BillhookRecipe
package import BillhookTorch

/// The model that a recipe starts with.
package struct ModelStep: Sendable {
  /// The path as the recipe writes it.
  package let name: String
  /// The path of the directory, or of the configuration of a new model.
  package let path: String
  /// The seed of the random numbers of a new model; nil for an existing one.
  package let seed: Int?
  /// The directory of a PEFT adapter that is merged into it; nil for none.
  package let adapter: String?
  /// The keys of its configuration that are ignored as if they were not there.
  package let ignored: [String]
  /// Whether zeros in its projections are masks.
  package let keepsZeros: Bool
  /// The type of the arithmetic.
  package let dtype: DType
  /// Where the recipe says so.
  package let span: SourceSpan

  package init(
    name: String,
    path: String,
    seed: Int?,
    adapter: String?,
    ignored: [String],
    keepsZeros: Bool = false,
    dtype: DType,
    span: SourceSpan
  ) {
    self.name = name
    self.path = path
    self.seed = seed
    self.adapter = adapter
    self.ignored = ignored
    self.keepsZeros = keepsZeros
    self.dtype = dtype
    self.span = span
  }
}
