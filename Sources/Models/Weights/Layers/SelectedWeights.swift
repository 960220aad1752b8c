import BillhookTorch

/// A weight source that shows only some rows or columns of some weights.
struct SelectedWeights: WeightLayer {
  let base: any WeightSource
  private var kept: [WeightID: Kept]

  /// Which rows (dimension 0) or columns (dimension 1) of a weight are left, in order.
  struct Kept: Sendable, Equatable {
    let dimension: Int
    let positions: [Int]
  }

  init(_ kept: [WeightID: Kept], of base: any WeightSource) {
    guard let inner = base as? SelectedWeights else {
      self.base = base
      self.kept = kept
      return
    }
    // What is left of what was left becomes one list, however often a model is pruned.
    self.base = inner.base
    self.kept = inner.kept.merging(kept) { old, new in
      Kept(dimension: new.dimension, positions: new.positions.map { old.positions[$0] })
    }
  }

  func changes(_ weight: WeightID) -> Bool { kept[weight] != nil }

  func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    // Other devices choose from whole weights, which may stay there.
    try device == .cpu && changes(weight)
      ? stored(weight).to(dtype)
      : selected(base.tensor(weight, dtype: dtype, device: device), weight)
  }

  func prefetch(_ weights: [WeightID]) { base.prefetch(weights) }

  func stored(_ weight: WeightID) throws -> Tensor { try selected(base.stored(weight), weight) }

  func mask(_ weight: WeightID) throws -> Tensor? {
    try base.mask(weight).map { try selected($0, weight) }
  }

  private func selected(_ whole: Tensor, _ weight: WeightID) throws -> Tensor {
    guard let left = kept[weight] else { return whole }
    return try whole.selecting(
      left.dimension,
      Tensor(left.positions).to(device: whole.device)
    )
  }

  func encoding(of weight: WeightID) throws -> WeightEncoding {
    let encoding = try base.encoding(of: weight)
    return encoding.scheme == nil ? encoding : .numbers(try storedType(weight))
  }

  /// None: codes are those of a whole matrix.
  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { nil }
}
