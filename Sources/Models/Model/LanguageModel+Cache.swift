import BillhookTorch

extension LanguageModel {
  /// The bytes of the keys and values of a token in all blocks, in the types in which the projections to
  /// them are stored.
  ///
  /// Blocks with a sliding window keep those of all tokens too, as `KeyValueCache` does.
  public func cacheBytesPerToken() throws -> Int {
    try blocks.reduce(0) { sum, block in
      guard let attention = block.attention else { return sum }
      let bytes = try [WeightRole.key, .value].reduce(0) {
        $0 + (try weights.storedType(WeightID($1, block: block.sourceIndex)).byteCount)
      }
      return sum + attention.keysPerToken * bytes
    }
  }
}
