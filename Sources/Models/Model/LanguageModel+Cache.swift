import BillhookTorch

extension LanguageModel {
  /// The bytes of the keys and values of a token in all blocks, in the types in which the projections to
  /// them are stored; in f16 where those are in blocks, as llama.cpp keeps them.
  ///
  /// Blocks with a sliding window keep those of all tokens too, as `KeyValueCache` does.
  public func cacheBytesPerToken() throws -> Int {
    try blocks.reduce(0) { sum, block in
      guard let attention = block.attention else { return sum }
      let bytes = try [WeightRole.key, .value].reduce(0) {
        $0 + (try cacheByteCount(of: WeightID($1, block: block.sourceIndex)))
      }
      return sum + attention.keysPerToken * bytes
    }
  }

  /// The bytes of a number that a projection to keys or values gives, where it is kept.
  package func cacheByteCount(of projection: WeightID) throws -> Int {
    if case .blocks = try weights.encoding(of: projection) { return DType.float16.byteCount }
    return try weights.storedType(projection).byteCount
  }
}
