import BillhookTorch

/// A weight source with masks that are not known yet: they keep everything.
///
/// `check` and the outline of a plan ask such a model which weights will have a mask after a pruning.
struct PresumedMasks: WeightLayer {
  let base: any WeightSource
  private let masked: Set<WeightID>

  init(of masked: Set<WeightID>, over base: any WeightSource) {
    self.base = base
    self.masked = masked
  }

  func changes(_ weight: WeightID) -> Bool { false }

  func mask(_ weight: WeightID) throws -> Tensor? {
    if let mask = try base.mask(weight) { return mask }
    guard masked.contains(weight) else { return nil }
    return try Tensor.full(base.stored(weight).shape, 1, dtype: .bool)
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    try masked.contains(weight) || base.hasMask(weight)
  }
}
