package import BillhookTorch

extension LanguageModel {
  /// The model with its weights staying on a device once they were lent there; what is made of it, by
  /// pruning or training, shares the copies of the weights that it does not change.
  ///
  /// Of a model that was made of such a one, what files changed since stays beside that.
  ///
  /// Where not all have room, one block's share of it is for copies that are made ahead.
  ///
  /// - Parameters:
  ///   - device: The device.
  ///   - dtype: The type in which they stay.
  ///   - room: The memory that they may take, which other models may share.
  /// - Returns: The model.
  package func staying(
    on device: Device,
    in dtype: DType,
    within room: DeviceRoom
  ) -> LanguageModel {
    let own = OwnWeights(of: weights)
    let (whole, block) = bytes(of: own, in: dtype)
    guard whole > 0 else { return self }
    let prefetched =
      whole <= room.free
      ? nil
      : PrefetchedWeights(own, to: device, as: dtype, atMost: block, within: room, over: weights)
    let below = prefetched ?? weights
    return LanguageModel(
      self,
      weights: ResidentWeights(own, on: device, in: dtype, within: room, over: below)
    )
  }

  /// The bytes of some weights in a type, and of the largest block's.
  private func bytes(of own: OwnWeights, in dtype: DType) -> (whole: Int, block: Int) {
    func bytes(_ weights: [(id: WeightID, shape: [Int])]) -> Int {
      weights.reduce(0) { own.contains($1.id) ? $0 + $1.shape.reduce(dtype.byteCount, *) : $0 }
    }
    let blocks = blocks.map { bytes(configuration.weights(of: $0)) }
    return (bytes(configuration.allWeights), blocks.max() ?? 0)
  }
}
