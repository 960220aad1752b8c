import BillhookFiles

extension ConfigurationReader {
  /// The rotary embeddings of blocks with full attention, and of those with a sliding window, for
  /// families in which they differ.
  ///
  /// transformers 5 writes both into `rope_parameters`; earlier versions wrote those of blocks with
  /// full attention into `rope_theta` and `rope_scaling`.
  ///
  /// - Parameters:
  ///   - attention: The attention.
  ///   - bases: The bases where the file names none.
  ///   - slidingKey: The key that named the base of blocks with a sliding window before; nil where
  ///     none did.
  /// - Returns: Both.
  /// - Throws: `FileError` when the file contradicts itself, or asks for an unknown kind.
  func rotaryByKind(
    _ attention: AttentionShape,
    bases: (full: Double, sliding: Double),
    slidingKey: String? = nil
  ) throws(FileError) -> (full: RotaryDescription, sliding: RotaryDescription) {
    var reader = RotaryReader(configuration: self, headSize: attention.headSize)
    reader.defaultBase = bases.full
    let parameters = try nested("rope_parameters")
    let scaling = try nested("rope_scaling")
    if let scaling, !scaling.has("rope_type"), let type = scaling.value("type"),
      ![.null, "default"].contains(type)
    {
      complain(
        scaling.error(
          "type",
          "is followed by transformers 4 and not by 5, which reads `rope_type` for this family; "
            + "name it so, or remove it"
        )
      )
    }
    let base = try optionalPositive("rope_theta")
    let ofFull = try parameters?.nested("full_attention")
    let ofSliding = try parameters?.nested("sliding_attention")
    let full = try reader.read(ofFull ?? scaling, base: base)
    if let scaling, try reader.read(scaling, base: base) != full {
      throw error("rope_scaling", "contradicts `rope_parameters`; remove one")
    }
    reader.defaultBase = bases.sliding
    guard let slidingKey else {
      if let base, base != bases.sliding, ofSliding?.has("rope_theta") != true {
        complain(
          error(
            "rope_theta",
            "is \(base), which transformers follows in blocks with full attention only; name both "
              + "bases in `rope_parameters`"
          )
        )
      }
      return (full, try reader.read(ofSliding, base: nil))
    }
    return (full, try reader.read(ofSliding, base: try optionalPositive(slidingKey)))
  }
}
