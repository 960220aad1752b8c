import BillhookTorch

/// A weight source that lends some weights as they are, and their masks not at all.
struct UnmaskedWeights: WeightLayer {
  let base: any WeightSource
  private let unmasked: Set<WeightID>

  init(_ unmasked: Set<WeightID>, over base: any WeightSource) {
    self.base = base
    self.unmasked = unmasked
  }

  func changes(_ weight: WeightID) -> Bool { false }

  func mask(_ weight: WeightID) throws -> Tensor? {
    unmasked.contains(weight) ? nil : try base.mask(weight)
  }

  func hasMask(_ weight: WeightID) throws -> Bool {
    try !unmasked.contains(weight) && base.hasMask(weight)
  }
}
