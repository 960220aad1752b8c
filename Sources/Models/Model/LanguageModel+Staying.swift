package import BillhookTorch

extension LanguageModel {
  /// The model with its weights staying on a device once they were lent there; what is made of it, by
  /// pruning or training, shares the copies of the weights that it does not change.
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
    guard !(weights is ResidentWeights) else { return self }
    let weights = ResidentWeights(on: device, in: dtype, within: room, over: weights)
    return LanguageModel(self, weights: weights)
  }
}
