import BillhookFiles
import BillhookTorch

/// A source of weights on top of another, which answers whatever the layer itself does not.
///
/// A layer that changes masks says so in `hasMask` too, and one that changes numbers in `encoding` and
/// `quantised`: what is below knows nothing of it.
protocol WeightLayer: WeightSource {
  /// What is below.
  var base: any WeightSource { get }

  /// Whether `stored` does anything but ask the base for the weight.
  func changes(_ weight: WeightID) -> Bool
}

extension WeightLayer {
  func stored(_ weight: WeightID) throws -> Tensor { try base.stored(weight) }

  func tensor(_ weight: WeightID, dtype: DType, device: Device) throws -> Tensor {
    try changes(weight)
      ? stored(weight).to(dtype, device: device)
      : base.tensor(weight, dtype: dtype, device: device)
  }

  func storedType(_ weight: WeightID) throws -> DType { try base.storedType(weight) }

  func mask(_ weight: WeightID) throws -> Tensor? { try base.mask(weight) }

  func hasMask(_ weight: WeightID) throws -> Bool { try base.hasMask(weight) }

  func encoding(of weight: WeightID) throws -> WeightEncoding { try base.encoding(of: weight) }

  func quantised(_ weight: WeightID) throws -> QuantisedMatrix? { try base.quantised(weight) }

  func places(of weight: WeightID) -> [StoredPlace] { base.places(of: weight) }

  func advise(_ weight: WeightID, _ advice: MappedFile.Advice) { base.advise(weight, advice) }

  func prefetch(_ weights: [WeightID]) { base.prefetch(weights.filter { !changes($0) }) }
}
