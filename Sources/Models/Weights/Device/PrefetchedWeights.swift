import BillhookTorch

/// A weight source that copies weights to a device ahead of the step that needs them, while the device
/// computes.
///
/// What was not asked for ahead, or could not be copied, is copied when it is needed.
struct PrefetchedWeights: WeightLayer {
  let base: any WeightSource
  private let (device, dtype): (Device, DType)
  private let own: OwnWeights
  private let copies: CopiesAhead

  /// Lays it over a source; nil where there is no room for the copies.
  ///
  /// - Parameters:
  ///   - own: The weights that are copied here; others are asked for below.
  ///   - device: The device.
  ///   - dtype: The type in which weights are needed there.
  ///   - bytes: The most that the weights take that are asked for ahead at once.
  ///   - room: The memory, of which it takes as much for as long as it is there.
  ///   - base: The source.
  init?(
    _ own: OwnWeights = .all,
    to device: Device,
    as dtype: DType,
    atMost bytes: Int,
    within room: DeviceRoom,
    over base: any WeightSource
  ) {
    guard let copies = CopiesAhead(to: device, atMost: bytes, within: room) else { return nil }
    self.base = base
    self.own = own
    self.copies = copies
    (self.device, self.dtype) = (device, dtype)
  }

  func changes(_ weight: WeightID) -> Bool { false }

  func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    if device == self.device, dtype == self.dtype, let copy = copies.take(weight) { return copy }
    return try base.tensor(weight, dtype: dtype, device: device)
  }

  func prefetch(_ weights: [WeightID]) {
    copies.begin(weights.filter(own.contains), of: base, as: dtype)
    base.prefetch(weights.filter { !own.contains($0) })
  }
}
